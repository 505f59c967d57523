import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectorTypes } from '../../connectors/registry.ts';
import { findingText } from '../../domain/policy/finding.ts';
import { isPolicyFile, type PolicyFile } from '../../domain/policy/gather.ts';
import { type ConnectorSchemas, type LoadResult, loadPolicy } from '../../domain/policy/load.ts';
import type { Policy } from '../../domain/policy/types.ts';
import { readFolder } from '../../store/policy-files.ts';
import { CliProblem, EXIT } from '../io.ts';

/** Where a policy is looked for when no path is given. */
export const DEFAULT_PATH = 'policies';
export const PATH_HELP = 'a folder with policy files, or one file';

const GIT_TIMEOUT_MS = 20_000;
const GIT_MAX_BYTES = 64_000_000;

export interface PolicyFolder {
  readonly files: readonly PolicyFile[];
  readonly tests: readonly PolicyFile[];
}

/** The files of a path. Throws `CliProblem` when there is nothing to read. */
export async function readPath(path: string): Promise<PolicyFolder> {
  try {
    return await readFolder(path);
  } catch (error) {
    throw new CliProblem(error instanceof Error ? error.message : String(error));
  }
}

export const schemas: ConnectorSchemas = Object.fromEntries(connectorTypes);

export const loadFiles = (folder: PolicyFolder): LoadResult => loadPolicy(folder.files, schemas);

/** A policy that checks. Throws `CliProblem` with its findings otherwise. */
export function mustLoad(folder: PolicyFolder, path: string): Policy {
  const loaded = loadFiles(folder);
  if (loaded.ok) return loaded.policy;
  throw new CliProblem(
    `The policy of ${path} does not check:\n${loaded.findings.map(findingText).join('\n')}`,
    EXIT.found,
  );
}

/** A path, or `REVISION:PATH` as git writes it, such as `main:policies`. Throws `CliProblem`. */
export async function readSource(source: string): Promise<PolicyFolder> {
  const revision = /^([\w./@^~-]+):(.+)$/.exec(source);
  if (!revision) return readPath(source);
  const [, commit = '', path = ''] = revision;
  // What begins with a dash would be an option of git.
  if (commit.startsWith('-')) throw new CliProblem(`'${commit}' is no git revision.`);
  // git answers paths from the folder it runs in only with a ./ before them.
  const here = path.startsWith('/') ? path : `./${path.replace(/^\.\//, '')}`;
  const listed = await git(['ls-tree', '-r', '-z', '--name-only', commit, '--', here], source);
  const names = listed.split('\0').filter((name) => name !== '' && /\.ya?ml$/i.test(name));
  const direct = names.filter((name) => name === path || !relative(name, path).includes('/'));
  if (direct.length === 0) throw new CliProblem(`There is no policy at ${source}.`);
  const files = await Promise.all(
    direct.map(async (name) => ({ path: name, text: await git(['show', `${commit}:./${name}`], source) })),
  );
  return {
    files: files.filter((file) => isPolicyFile(file.path)),
    tests: files.filter((file) => !isPolicyFile(file.path)),
  };
}

const relative = (name: string, folder: string): string => {
  const base = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  return name.startsWith(`${base}/`) ? name.slice(base.length + 1) : name;
};

async function git(args: readonly string[], source: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], {
      timeout: GIT_TIMEOUT_MS,
      maxBuffer: GIT_MAX_BYTES,
    });
    return stdout;
  } catch (error) {
    const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    const why = said.split('\n', 1)[0] || (error instanceof Error ? error.message : String(error));
    throw new CliProblem(`git cannot show ${source}: ${why}`);
  }
}
