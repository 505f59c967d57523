import { type Command, InvalidArgumentError, Option } from 'commander';
import { findingText } from '../../domain/policy/finding.ts';
import { type Covered, runPolicyTests, type TestResult, type TestRun } from '../../domain/policy/run-tests.ts';
import { traceLines } from '../format/trace.ts';
import { type End, EXIT, EXIT_HELP, type Io } from '../io.ts';
import { DEFAULT_PATH, mustLoad, PATH_HELP, readPath } from './read.ts';

interface Options {
  readonly minCoverage?: number;
  readonly format: 'text' | 'json';
}

export function registerTest(policy: Command, io: Io, end: End): void {
  policy
    .command('test')
    .description('Runs the tests beside a policy (*.test.yaml) and says which rules none of them reaches.')
    .argument('[path]', PATH_HELP, DEFAULT_PATH)
    .option('--min-coverage <percent>', 'fail unless so many rules are reached, 0 to 100', percent)
    .addOption(new Option('--format <format>', 'how results are written').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  elevate policy test
  elevate policy test policies --min-coverage 100
${EXIT_HELP('a test failed, or too few rules are reached')}`,
    )
    .action(async (path: string, options: Options) => {
      const folder = await readPath(path);
      const run = runPolicyTests(mustLoad(folder, path), folder.tests);
      const coverage = coveragePercent(run.coverage);
      const enough = options.minCoverage === undefined || coverage >= options.minCoverage;
      io.out(options.format === 'json' ? asJson(run, coverage) : asText(run, coverage, options.minCoverage));
      if (!run.ok || !enough) end(EXIT.found);
    });
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 100) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 100.');
}

/** A policy without rules is covered whole. */
const coveragePercent = (coverage: readonly Covered[]): number =>
  coverage.length === 0 ? 100 : (100 * coverage.filter((each) => each.covered).length) / coverage.length;

function asText(run: TestRun, coverage: number, wanted: number | undefined): string {
  const lines = run.findings.map(findingText);
  for (const result of run.results) {
    lines.push(`${result.failures.length === 0 ? 'ok  ' : 'FAIL'} ${result.name}`);
    if (result.failures.length > 0) lines.push(...failure(result));
  }
  const failed = run.results.filter((result) => result.failures.length > 0).length;
  lines.push('', `${run.results.length - failed} passed, ${failed} failed.`);
  const reached = run.coverage.filter((each) => each.covered).length;
  lines.push(`${reached} of ${run.coverage.length} rules are reached (${coverage.toFixed(1)} %).`);
  for (const each of run.coverage.filter((rule) => !rule.covered)) {
    const where = each.location ? `${each.location.path}:${each.location.line}: ` : '';
    lines.push(
      `  ${where}no test reaches ${each.role ? `'${each.name}' of ${each.role}` : `${kindOf(each)} '${each.name}'`}`,
    );
  }
  if (wanted !== undefined && coverage < wanted) lines.push(`That is less than the ${wanted} % that are asked for.`);
  return lines.join('\n').trimStart();
}

const kindOf = ({ kind }: Covered): string => kind.replaceAll('_', ' ');

function failure({ location, failures, decision }: TestResult): string[] {
  return [
    `     ${location.path}:${location.line}`,
    ...failures.map((line) => `     ${line}`),
    `     It came to: ${decision.outcome}, by ${decision.rule.name}. What was evaluated:`,
    ...traceLines(decision).map((line) => `       ${line}`),
  ];
}

function asJson(run: TestRun, coverage: number): string {
  const { ok, findings, results, coverage: rules } = run;
  return JSON.stringify({ ok, coveragePercent: coverage, findings, results, rules }, null, 2);
}
