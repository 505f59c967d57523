import { execFile } from 'node:child_process';
import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import puppeteer, { type Browser } from 'puppeteer-core';

const require = createRequire(import.meta.url);
const packed = join(dirname(require.resolve('@sparticuz/chromium')), '..', 'bin');

/**
 * A headless Chromium that came with npm, for root and for others, with the libraries it needs. It is unpacked once per user
 * and version and kept in the machine's temporary folder, since that takes seconds.
 */
export async function openBrowser(): Promise<Browser> {
  const folder = await unpacked();
  return await puppeteer.launch({
    executablePath: join(folder, 'chromium'),
    headless: 'shell',
    env: { ...process.env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') },
    // Containers give no sandbox to Chromium and little shared memory; what it opens here is our own page.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none', '--no-first-run'],
  });
}

async function unpacked(): Promise<string> {
  const version: { readonly version: string } = require(join(packed, '..', 'package.json'));
  const folder = join(tmpdir(), `elevate-chromium-${version.version}-${userInfo().uid}`);
  if (await exists(join(folder, 'chromium'))) return folder;
  // Another test may be unpacking at the same time: each fills a folder of its own, and the first to be done gives it the name.
  const unfinished = await mkdtemp(`${folder}-`);
  // In a process of its own, since the package unpacks into the temporary folder of its process and nowhere else.
  const script =
    "import { inflate } from '@sparticuz/chromium'; for (const path of process.argv.slice(1)) await inflate(path);";
  const archives = [join(packed, 'chromium.br'), join(packed, 'al2023.tar.br')];
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, ...archives], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: unfinished },
  });
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true, force: true }));
  return folder;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
