import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../domain/policy/duration.ts';
import {
  type Replayed,
  type ReplayVerdict,
  replayOne,
  type StoredDecision,
} from '../../domain/policy/replay/replay.ts';
import type { PolicyDecision } from '../../domain/policy/types.ts';
import { traceLines } from '../format/trace.ts';
import { type End, EXIT, EXIT_HELP, type Io } from '../io.ts';
import { withStore } from '../open-store.ts';
import { mustLoad, readSource } from './read.ts';

interface Options {
  readonly since: number;
  readonly show: number;
  readonly failOn?: 'loosened' | 'changed';
  readonly format: 'text' | 'jsonl';
}

export function registerReplay(policy: Command, io: Io, end: End): void {
  policy
    .command('replay')
    .description('Decides the stored requests again, with the facts of then, under another policy.')
    .argument('<new>', 'a path, or REVISION:PATH as git writes it')
    .addOption(new Option('--since <time>', 'how far back').argParser(since).default(30 * 86_400, '30d'))
    .option('--show <count>', 'decisions that would change to show with both traces', count, 20)
    .addOption(
      new Option('--fail-on <what>', 'end with exit code 1 when there is such a decision').choices([
        'loosened',
        'changed',
      ]),
    )
    .addOption(
      new Option('--format <format>', 'jsonl: one line for each decision that would change')
        .choices(['text', 'jsonl'])
        .default('text'),
    )
    .addHelpText(
      'after',
      `
Submissions that the policy refused at once are among them, so a rule that would now let them through counts as looser.

Examples:
  elevate policy replay policies --since 90d
  elevate policy replay policies --fail-on loosened
${EXIT_HELP('such a decision (with --fail-on), or the policy does not check')}`,
    )
    .action(async (source: string, options: Options) => {
      const next = mustLoad(await readSource(source), source);
      const counts: Record<ReplayVerdict, number> = {
        same: 0,
        loosened: 0,
        tightened: 0,
        both: 0,
        changed: 0,
        unknown: 0,
      };
      let unreadable = 0;
      let shown = 0;
      await withStore(io, async (store) => {
        const from = new Date(Date.now() - options.since * 1_000);
        const onBad = (): void => {
          unreadable += 1;
        };
        for await (const stored of store.decisions(from, onBad)) {
          const replayed = replayOne(next, stored);
          counts[replayed.verdict] += 1;
          if (replayed.verdict === 'same') continue;
          if (options.format === 'jsonl') io.out(asLine(stored, replayed));
          else if (shown < options.show) io.out(asText(stored, replayed));
          shown += 1;
        }
      });
      if (options.format === 'text') io.out(summary(counts, shown, options.show));
      else io.err(JSON.stringify(counts));
      if (unreadable > 0) io.err(`${unreadable} stored requests could not be read and were left out.`);
      const looser = counts.loosened + counts.both > 0;
      const different = shown > counts.unknown;
      if ((options.failOn === 'loosened' && looser) || (options.failOn === 'changed' && different)) end(EXIT.found);
    });
}

function since(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null || seconds === 0) throw new InvalidArgumentError('It must be a time such as 30d or 12h.');
  return seconds;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
}

const outcome = ({ outcome: what, rule, stages }: PolicyDecision, refused = false): string =>
  `${refused && what !== 'deny' ? 'refused, since it is for too long; for less ' : ''}${what}${stages.length > 0 ? ` (${stages.map(({ approvals, from }) => `${approvals} of ${from.join(' or ')}`).join(', then ')})` : ''} by ${rule.name}`;

function asText(stored: StoredDecision, { verdict, decision }: Replayed): string {
  return [
    `${verdict.toUpperCase()} ${stored.requestId} ${stored.createdAt.toISOString()} ${stored.role} for ${stored.requester}`,
    `  was: ${outcome(stored.decision, stored.refused)}`,
    ...traceLines(stored.decision).map((line) => `    ${line}`),
    `  now: ${outcome(decision)}`,
    ...traceLines(decision).map((line) => `    ${line}`),
    '',
  ].join('\n');
}

const asLine = (stored: StoredDecision, { verdict, decision }: Replayed): string =>
  JSON.stringify({
    request: stored.requestId,
    at: stored.createdAt,
    role: stored.role,
    requester: stored.requester,
    verdict,
    was: stored.decision,
    now: decision,
  });

function summary(counts: Readonly<Record<ReplayVerdict, number>>, different: number, show: number): string {
  const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
  const parts = [
    `${counts.loosened} looser`,
    `${counts.tightened} tighter`,
    `${counts.both} looser and tighter`,
    `${counts.changed} by another rule`,
    `${counts.unknown} unknown, because they need a fact that was not gathered`,
  ];
  const hidden = different > show ? [`${different - show} of them are not shown; --show ${different} shows all.`] : [];
  return [`${all} decided again: ${counts.same} the same, ${parts.join(', ')}.`, ...hidden].join('\n');
}
