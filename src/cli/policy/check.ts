import { type Command, Option } from 'commander';
import { checkPolicy } from '../../domain/policy/check/check.ts';
import { type Finding, inOrder } from '../../domain/policy/finding.ts';
import type { LoadResult } from '../../domain/policy/load.ts';
import { FORMATS, type Format, formatFindings } from '../format/findings.ts';
import { type End, EXIT, EXIT_HELP, type Io } from '../io.ts';
import { checkLive } from './check-live.ts';
import { DEFAULT_PATH, loadFiles, PATH_HELP, readPath } from './read.ts';

const LEVELS = ['error', 'warning', 'note'] as const;
interface Options {
  readonly format: Format;
  readonly live?: true;
  readonly failOn: (typeof LEVELS)[number];
}

export function registerCheck(policy: Command, io: Io, end: End): void {
  policy
    .command('check')
    .description('What is wrong with a policy, and what nobody can have meant by it.')
    .argument('[path]', PATH_HELP, DEFAULT_PATH)
    .addOption(new Option('--format <format>', 'how findings are written').choices(FORMATS).default('text'))
    .addOption(
      new Option('--fail-on <severity>', 'the mildest finding that ends with exit code 1')
        .choices(LEVELS)
        .default('error'),
    )
    .option('--live', 'also ask Slack and the targets whether groups, channels and roles exist (needs SLACK_BOT_TOKEN)')
    .addHelpText(
      'after',
      `
Examples:
  elevate policy check
  elevate policy check policies --format github --fail-on warning
  elevate policy check policies --live
${EXIT_HELP('findings of that severity or worse')}`,
    )
    .action(async (path: string, options: Options) => {
      const loaded = loadFiles(await readPath(path));
      const findings = await allFindings(loaded, options.live === true, io);
      io.out(formatFindings(findings, options.format));
      const worst = LEVELS.indexOf(options.failOn);
      if (findings.some((each) => LEVELS.indexOf(each.severity) <= worst)) end(EXIT.found);
    });
}

async function allFindings(loaded: LoadResult, live: boolean, io: Io): Promise<readonly Finding[]> {
  if (!loaded.ok) return loaded.findings;
  const more = live ? await checkLive(loaded.policy, io) : [];
  return inOrder([...loaded.findings, ...checkPolicy(loaded.policy), ...more]);
}
