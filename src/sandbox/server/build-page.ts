import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);

/** The page's sources, from the project's root; they are bundled where they lie, also when the server runs from dist. */
const PAGE = 'src/sandbox/page';
/** One bundle per state of the sources, side by side, so that two starts at once never see half of one. */
const BUNDLES = 'dist/sandbox-page';
/** It takes two seconds on a laptop. */
const bundleLimitMs = 120_000;

/**
 * Bundles the page and returns the folder with index.html in it. A bundle of the same sources is used again.
 * Throws where the sources or the bundler are missing: an installation without development dependencies has no sandbox.
 */
export async function buildPage(): Promise<string> {
  const root = await projectRoot();
  const source = join(root, PAGE);
  const folder = join(root, BUNDLES, await fingerprint(root, source));
  if (await exists(join(folder, 'index.html'))) return folder;
  await mkdir(join(root, BUNDLES), { recursive: true });
  const unfinished = await mkdtemp(join(root, BUNDLES, '.unfinished-'));
  try {
    await bundle(source, unfinished);
    // A temporary folder is its maker's alone; the bundle may be served by another user of the machine.
    await chmod(unfinished, 0o755);
    await clear(join(root, BUNDLES), basename(folder));
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another start was quicker: its bundle is the same.
      if (!(await exists(join(folder, 'index.html')))) throw error;
    });
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** In a process of its own: the bundler's memory goes with it. */
async function bundle(source: string, outDir: string): Promise<void> {
  const flags = ['--base', '/', '--outDir', outDir, '--emptyOutDir', '--target', 'es2022', '--assetsInlineLimit', '0'];
  const args = [viteCommand(), 'build', source, ...flags, '--logLevel', 'error'];
  await promisify(execFile)(process.execPath, args, { cwd: source, timeout: bundleLimitMs }).catch((cause: unknown) => {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : '';
    throw new Error(`The sandbox page could not be bundled. ${said}`, { cause });
  });
}

function viteCommand(): string {
  try {
    return join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js');
  } catch (cause) {
    throw new Error('The sandbox page needs the development dependencies. Run `npm ci` without --omit=dev.', { cause });
  }
}

/** Old bundles go once a new one stands; what another start is just building stays. */
async function clear(folder: string, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.') && name !== keep) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Of the sources and of the libraries' versions. */
async function fingerprint(root: string, source: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(source, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Error(
      `The sources of the sandbox page are missing: ${PAGE}. Start the demo from a clone of the project.`,
      { cause },
    );
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const { devDependencies }: { readonly devDependencies?: unknown } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  hash.update(JSON.stringify(devDependencies ?? {}));
  for (const file of files.sort()) {
    hash
      .update(file.slice(root.length))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function projectRoot(): Promise<string> {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (await exists(join(folder, 'package.json'))) return folder;
  }
  throw new Error('No package.json above the sandbox: start the demo from a clone of the project.');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
