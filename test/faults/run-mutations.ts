import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Killer, MUTATIONS, type Mutation } from './mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 600_000;
const COPIED = [
  'src',
  'test',
  'prisma',
  'policies',
  'scripts',
  'manifest.yml',
  'package.json',
  'jest.config.js',
  'tsconfig.json',
  'tsconfig.build.json',
];

interface Outcome {
  /** passes: nothing was found · finds: a test failed, or a round went wrong · breaks: it did not come to a verdict. */
  readonly verdict: 'passes' | 'finds' | 'breaks';
  readonly output: string;
}

/** Applied to a copy of the tree, one at a time; `words`: only those whose names contain one of them. */
const words = process.argv.slice(2);
const chosen = MUTATIONS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
const copy = mkdtempSync(join(tmpdir(), 'elevate-mutations-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, CI: '', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' };
    execFile(
      process.execPath,
      [...command],
      { cwd: copy, env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) || 1 : 0, output: `${stdout}\n${stderr}` }),
    );
  });
}

async function ask(killer: Killer): Promise<Outcome> {
  if ('test' in killer) return askTests([killer.test], killer.named);
  const rounds = ['--rounds', String(killer.rounds), '--seed', String(killer.seed), '--parallel', '1'];
  const { code, output } = await run(['--import', './test/bench/register.mjs', 'test/faults/run.ts', ...rounds]);
  return { verdict: code === 0 ? 'passes' : output.includes('WRONG') ? 'finds' : 'breaks', output };
}

async function askTests(files: readonly string[], named: string | undefined): Promise<Outcome> {
  const only = named === undefined ? [] : ['-t', named];
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...files, ...only];
  const { code, output } = await run(jest);
  const ran = /Tests:.*\b\d+ (passed|failed)/.test(output);
  const failed = /Tests:.*\b\d+ failed/.test(output);
  return { verdict: !ran ? 'breaks' : code === 0 ? 'passes' : failed ? 'finds' : 'breaks', output };
}

const nameOf = (killer: Killer): string =>
  'rounds' in killer ? `fault suite, seed ${killer.seed}` : `${killer.test} “${killer.named ?? ''}”`;

/** A test that fails anyway finds nothing. */
async function checkKillers(): Promise<void> {
  const tests = chosen.flatMap(({ killer }) => ('test' in killer ? [killer] : []));
  const rounds = chosen.flatMap(({ killer }) => ('rounds' in killer ? [killer] : [])).slice(0, 1);
  const named = tests.map((each) => each.named ?? '').join('|');
  const asked = [
    ...(tests.length > 0 ? [askTests([...new Set(tests.map(({ test }) => test))], named)] : []),
    ...rounds.map(ask),
  ];
  for (const { verdict, output } of await Promise.all(asked)) {
    if (verdict === 'passes') continue;
    process.stderr.write(`Something fails on the tree as it is:\n${output.slice(-6_000)}\n`);
    process.exit(2);
  }
}

async function tryOut({ name, file, search, replace, killer }: Mutation): Promise<boolean> {
  const path = join(copy, 'src', file);
  const whole = readFileSync(path, 'utf8');
  if (whole.split(search).length !== 2) {
    process.stdout.write(`NOT APPLIED  ${name}: what it searches for is not exactly once in src/${file}\n`);
    return false;
  }
  writeFileSync(
    path,
    whole.replace(search, () => replace),
  );
  const { verdict, output } = await ask(killer);
  writeFileSync(path, whole);
  const said = { finds: 'killed by', passes: 'SURVIVED', breaks: 'NO VERDICT OF' }[verdict];
  process.stdout.write(`${name.padEnd(52)} ${said} ${nameOf(killer)}\n`);
  if (verdict === 'breaks') process.stdout.write(`${output.slice(-2_000)}\n`);
  return verdict === 'finds';
}

await checkKillers();
let killed = 0;
for (const mutation of chosen) if (await tryOut(mutation)) killed += 1;
process.stdout.write(`${killed} of ${chosen.length} mutations were killed.\n`);
process.exit(killed === chosen.length ? 0 : 1);
