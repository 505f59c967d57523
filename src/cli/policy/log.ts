import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PolicyLoad } from '../../usecases/ports.ts';
import { EXIT_HELP, type Io } from '../io.ts';
import { withStore } from '../open-store.ts';

const MAX_LINES = 1_000;

export function registerLog(policy: Command, io: Io): void {
  policy
    .command('log')
    .description('The versions of the policy that were loaded or refused, newest first, with who loaded them.')
    .option('--limit <count>', 'how many', count, 20)
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `\nExamples:\n  elevate policy log\n  elevate policy log --limit 5 --format json\n${EXIT_HELP('never')}`,
    )
    .action(async (options: { readonly limit: number; readonly format: 'text' | 'json' }) => {
      const loads = await withStore(io, (store) => store.policies.loads(options.limit));
      if (options.format === 'json') io.out(JSON.stringify({ loads }, null, 2));
      else io.out(loads.length === 0 ? 'No policy was loaded yet.' : loads.map(line).join('\n'));
    });
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= MAX_LINES) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_LINES}.`);
}

function line({ version, commit, loadedAt, loadedBy, how, findings }: PolicyLoad): string {
  const what = version === null ? 'refused     ' : version.slice(0, 12);
  const from = commit === null ? '' : ` commit ${commit.slice(0, 12)}`;
  const head = `${loadedAt.toISOString()}  ${what}  by ${loadedBy} (${how})${from}`;
  return version === null ? [head, ...findings.map((finding) => `    ${finding}`)].join('\n') : head;
}
