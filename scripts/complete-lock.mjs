// Completes package-lock.json. npm leaves out optional binaries of other platforms that its registry does not serve, and then refuses
// its own file: npm 11's `npm ci` says 'Missing: ... from lock file'. An entry with the version and the platform is enough for it to
// skip them. Run by `npm run lock`, whenever dependencies change.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
/** How the names of packages spell what npm calls otherwise. */
const SPELLINGS = {
  windows: 'win32',
  linuxmusl: 'linux',
  armv7: 'arm',
  armhf: 'arm',
  ppc64le: 'ppc64',
  wasm: 'wasm32',
};

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = [];
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(place, name)) continue;
    const where = `node_modules/${name}`;
    lock.packages[where] = {
      version: range.replace(/^[^\d]*/, ''),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      ...platformOf(name),
    };
    added.push(name);
  }
}
if (added.length > 0) {
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(added.length > 0 ? `Added to package-lock.json: ${added.join(', ')}` : 'package-lock.json is complete');

/** Node looks in the folder of the package itself and in each one above it. */
function isThere(place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** Read from the package's name, since nothing else is known of it: '@swc/core-linux-arm64-musl'. */
function platformOf(name) {
  const words = name
    .split('/')
    .at(-1)
    .split(/[-.]/)
    .map((word) => SPELLINGS[word] ?? word);
  const os = words.filter((word) => SYSTEMS.includes(word));
  const cpu = words.filter((word) => PROCESSORS.includes(word));
  const libc = words.some((word) => word.startsWith('musl')) || name.includes('linuxmusl') ? ['musl'] : [];
  if (os.length === 0 && cpu.length === 0)
    throw new Error(`${name} is not in the lock, and its name tells no platform. Add it by hand.`);
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}), ...(libc.length > 0 ? { libc } : {}) };
}
