import { type Command, Option } from 'commander';
import type { Change } from '../../domain/policy/diff/change.ts';
import { diffPolicies } from '../../domain/policy/diff/diff.ts';
import { type End, EXIT, EXIT_HELP, type Io } from '../io.ts';
import { mustLoad, readSource } from './read.ts';

const FORMATS = ['text', 'json', 'markdown'] as const;
interface Options {
  readonly format: (typeof FORMATS)[number];
  readonly failOn?: 'loosened' | 'changed';
}

export function registerDiff(policy: Command, io: Io, end: End): void {
  policy
    .command('diff')
    .description('What two policies mean differently: who can have more or less, not which lines changed.')
    .argument('<old>', 'a path, or REVISION:PATH as git writes it')
    .argument('<new>', 'the same')
    .addOption(new Option('--format <format>', 'how differences are written').choices(FORMATS).default('text'))
    .addOption(
      new Option('--fail-on <what>', 'end with exit code 1 when there is such a change').choices([
        'loosened',
        'changed',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  elevate policy diff main:policies policies
  elevate policy diff origin/main:policies policies --format markdown > comment.md
  elevate policy diff old new --fail-on loosened
${EXIT_HELP('such a change (with --fail-on), or one of the policies does not check')}`,
    )
    .action(async (old: string, next: string, options: Options) => {
      const [before, after] = await Promise.all([readSource(old), readSource(next)]);
      const changes = diffPolicies(mustLoad(before, old), mustLoad(after, next));
      io.out(formatChanges(changes, options.format));
      const loosened = changes.some(({ direction }) => direction === 'loosens' || direction === 'both');
      if ((options.failOn === 'loosened' && loosened) || (options.failOn === 'changed' && changes.length > 0)) {
        end(EXIT.found);
      }
    });
}

const ORDER = ['loosens', 'both', 'tightens', 'changes'] as const;
const TITLE = { loosens: 'Looser', both: 'Looser for some, tighter for others', tightens: 'Tighter', changes: 'Other' };

export function formatChanges(changes: readonly Change[], format: Options['format']): string {
  if (format === 'json') return JSON.stringify({ changes }, null, 2);
  const sorted = [...changes].sort((a, b) => ORDER.indexOf(a.direction) - ORDER.indexOf(b.direction));
  if (format === 'text') {
    if (sorted.length === 0) return 'Both mean the same.';
    return sorted.map(({ direction, subject, what }) => `${direction.padEnd(8)} ${subject}: ${what}`).join('\n');
  }
  if (sorted.length === 0) return '### Access policy\n\nThis change does not alter what the policy means.';
  const parts = ORDER.flatMap((direction) => {
    const some = sorted.filter((change) => change.direction === direction);
    return some.length === 0 ? [] : [`#### ${TITLE[direction]}`, ...some.map(markdownLine), ''];
  });
  return ['### Access policy', '', ...parts].join('\n').trimEnd();
}

/** Names and conditions come from the pull request: nothing of them may become markup or a mention in the comment. */
function markdownLine({ subject, what }: Change): string {
  const code = (text: string): string => `\`${text.replaceAll('`', "'").replace(/\s+/g, ' ')}\``;
  return `- ${code(subject)}: ${code(what)}`;
}
