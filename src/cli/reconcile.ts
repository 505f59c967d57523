import { type Command, InvalidArgumentError, Option } from 'commander';
import { connectorTypes } from '../connectors/registry.ts';
import { canonicalJson } from '../domain/json.ts';
import { parseDuration } from '../domain/policy/duration.ts';
import { createPolicySource, loadPolicyFrom } from '../store/policy-source.ts';
import { pauseReconciler, resumeReconciler } from '../usecases/pause-reconciler.ts';
import { reconcile, type SystemReport } from '../usecases/reconcile.ts';
import { CliProblem, type End, EXIT, EXIT_HELP, type Io } from './io.ts';
import { type OpenBot, withBot } from './open-bot.ts';

type Format = { readonly format: 'text' | 'json' };

/** `elevate reconcile`: compares the targets with the grants, now; and its pause. */
export function registerReconcile(program: Command, io: Io, end: End): void {
  const command = program
    .command('reconcile')
    .description('Compares who holds what on the targets with what was granted. Without --dry-run, ended access goes.')
    .option('--dry-run', 'look and change nothing', false)
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .addHelpText('after', `\nExample:\n  elevate reconcile --dry-run\n${EXIT_HELP('something is not as granted')}`)
    .action(async (options: Format & { readonly dryRun: boolean }) => {
      const reports = await withBot(io, (bot) => runAll(bot, io, options.dryRun));
      io.out(options.format === 'json' ? JSON.stringify(reports, null, 2) : reports.flatMap(lines).join('\n'));
      if (reports.some((report) => report.findings.length > 0)) end(EXIT.found);
      if (reports.some((report) => report.error !== null)) end(EXIT.outage);
    });

  command
    .command('pause')
    .description('Nothing is taken away by the reconciler, as while a backup is restored. Ends that are due go on.')
    .requiredOption('--reason <text>', 'why, for everybody who reads the channel')
    .option(
      '--for <duration>',
      'when it ends by itself, such as 2h; unless given, `elevate reconcile resume` ends it',
      seconds,
    )
    .action(async (options: { readonly reason: string; readonly for?: number }) => {
      await withBot(io, async ({ store, workspaces }) => {
        const now = await store.now();
        const untilAt = options.for === undefined ? null : new Date(now.getTime() + options.for * 1000);
        const by = io.env.SUDO_USER ?? io.env.USER ?? 'the command line';
        for (const workspace of requireSome(workspaces)) {
          await pauseReconciler({ store }, { workspace, by, reason: options.reason, untilAt });
        }
        const until = untilAt ? `until ${untilAt.toISOString()}` : 'until somebody runs elevate reconcile resume';
        io.out(`The reconciler is paused ${until}. The security channel is told within half a minute, and every hour.`);
      });
    });

  command
    .command('resume')
    .description('Ends the pause; the targets are compared at once.')
    .action(async () => {
      await withBot(io, async ({ store, workspaces }) => {
        const resumed = [];
        for (const workspace of requireSome(workspaces)) resumed.push(await resumeReconciler({ store }, workspace));
        io.out(resumed.includes(true) ? 'The reconciler works again.' : 'It was not paused.');
      });
    });
}

async function runAll({ store, connectors, workspaces }: OpenBot, io: Io, dryRun: boolean): Promise<SystemReport[]> {
  const path = io.env.POLICY_PATH ?? './policies';
  const loaded = await loadPolicyFrom(path, Object.fromEntries(connectorTypes));
  if (!loaded.ok) throw new CliProblem(`The policy in ${path} does not check:\n${loaded.lines.join('\n')}`);
  const ports = { store, connectors, policies: createPolicySource(loaded.policy, store.policies) };
  const reports: SystemReport[] = [];
  for (const workspace of requireSome(workspaces)) reports.push(...(await reconcile(ports, { workspace, dryRun })));
  return reports;
}

function requireSome<T>(workspaces: readonly T[]): readonly T[] {
  if (workspaces.length > 0) return workspaces;
  throw new CliProblem(
    'This database knows no workspace yet: start the bot once, or set DATABASE_URL to the one it uses.',
  );
}

const DOES = { shown: 'somebody has to decide', next_run: 'the next run takes it away', taken_away: 'is taken away' };
const WHY_DRY = {
  asked: 'dry run',
  first_run: 'first look at this system: nothing is taken away',
  paused: 'paused: nothing is taken away',
};

function lines({ system, dry, findings, error }: SystemReport): string[] {
  const head = `${system.connector} ${canonicalJson(system.entitlement)}${dry ? ` (${WHY_DRY[dry]})` : ''}`;
  if (error !== null) return [`${head}: could not be looked at: ${error}`];
  if (findings.length === 0) return [`${head}: as granted`];
  return [
    `${head}:`,
    ...findings.map(
      ({ kind, subject, grantor, level, grantId, does }) =>
        `  ${kind.padEnd(16)} ${subject}  by ${grantor}  ${canonicalJson(level)}${grantId ? `  ${grantId}` : ''}: ${DOES[does]}`,
    ),
  ];
}

function seconds(text: string): number {
  const value = parseDuration(text);
  if (value !== null) return value;
  throw new InvalidArgumentError('Write 30m, 2h or 1d.');
}
