import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPolicyFile, type PolicyFile } from '../domain/policy/gather.ts';
import { MAX_FILE_CHARACTERS, MAX_FILES } from '../domain/policy/limits.ts';

const YAML = /\.ya?ml$/i;
/** Bytes of one file: what so many characters can take in UTF-8. */
const MAX_FILE_BYTES = 4 * MAX_FILE_CHARACTERS;

export interface PolicyFolder {
  /** What the policy is made of, in the order of the names. */
  readonly files: readonly PolicyFile[];
  /** The tests beside it. */
  readonly tests: readonly PolicyFile[];
}

/**
 * The policy files and tests of a folder (not of folders in it), or one file with the tests that carry its name. Throws a sentence
 * for people.
 */
export async function readFolder(path: string): Promise<PolicyFolder> {
  const info = await stat(path).catch(() => null);
  if (!info) throw new Error(`There is no policy at ${path}. Name the folder with your policy files.`);
  const names = info.isDirectory()
    ? (await readdir(path)).filter((name) => YAML.test(name) && !name.startsWith('.')).map((name) => join(path, name))
    : [path, ...(await testsOf(path))];
  if (!names.some(isPolicyFile)) throw new Error(`${path} has no policy files: at least one .yaml file is needed.`);
  // One more than are allowed is enough for the finding that says so.
  const policy = names
    .filter(isPolicyFile)
    .sort()
    .slice(0, MAX_FILES + 1);
  const tests = names
    .filter((name) => !isPolicyFile(name))
    .sort()
    .slice(0, MAX_FILES);
  return { files: await Promise.all(policy.map(read)), tests: await Promise.all(tests.map(read)) };
}

async function testsOf(path: string): Promise<string[]> {
  const beside = path.replace(YAML, '.test.yaml');
  return (await stat(beside).catch(() => null)) && beside !== path ? [beside] : [];
}

async function read(path: string): Promise<PolicyFile> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`${path} has ${size} bytes; at most ${MAX_FILE_BYTES} are read.`);
  return { path, text: await readFile(path, 'utf8') };
}
