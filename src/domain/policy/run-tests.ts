import { type RoleKey, roleKey } from '../ids.ts';
import { formatDuration } from './duration.ts';
import { BREAK_GLASS, evaluate } from './evaluate.ts';
import type { Facts, Known } from './facts.ts';
import { type Finding, hasErrors } from './finding.ts';
import { type PolicyFile, unknownName } from './gather.ts';
import type { Location } from './location.ts';
import { offered } from './offer.ts';
import { subjectFor } from './subject.ts';
import { type PlacedTest, type PolicyTest, readTests } from './test-file.ts';
import { instantOf, timeFacts } from './time.ts';
import type { Policy, PolicyDecision, Role, RuleKind } from './types.ts';

export interface TestResult {
  readonly name: string;
  readonly location: Location;
  /** What was expected and what came instead, one sentence each; none: it passed. */
  readonly failures: readonly string[];
  /** With the whole trace, for whoever has to understand a failure. */
  readonly decision: PolicyDecision;
  readonly facts: Facts;
}

/** A rule, and whether some test reached it: a role's rule that decided, a guardrail or duty that applied. */
export interface Covered {
  readonly kind: Exclude<RuleKind, 'default'>;
  /** The role of a rule or of a break-glass; null for what holds for all. */
  readonly role: RoleKey | null;
  readonly name: string;
  readonly location: Location | null;
  readonly covered: boolean;
}

export interface TestRun {
  /** Mistakes in the test files; a file with one still has its other tests run. */
  readonly findings: readonly Finding[];
  readonly results: readonly TestResult[];
  readonly coverage: readonly Covered[];
  /** No finding is an error and no test failed. */
  readonly ok: boolean;
}

/** Runs the tests that stand beside a policy (`*.test.yaml`). Pure: every test brings its own facts. */
export function runPolicyTests(policy: Policy, files: readonly PolicyFile[]): TestRun {
  const findings: Finding[] = [];
  const results: TestResult[] = [];
  const reached = new Set<string>();
  for (const file of files) {
    const read = readTests(file);
    findings.push(...read.findings);
    for (const placed of read.tests) {
      const unknown = unknownNames(policy, placed);
      findings.push(...unknown);
      const role = policy.roles.get(roleKey(placed.test.given.role));
      if (!role || unknown.length > 0) continue;
      const result = runTest(policy, role, placed);
      results.push(result);
      for (const each of result.decision.trace) {
        if (each.applied)
          reached.add(
            coverageKey(each.kind, each.kind === 'rule' || each.kind === 'break_glass' ? role.key : null, each.name),
          );
      }
    }
  }
  const coverage = everyRule(policy).map((rule) => ({
    ...rule,
    covered: reached.has(coverageKey(rule.kind, rule.role, rule.name)),
  }));
  const ok = !hasErrors(findings) && results.every((result) => result.failures.length === 0);
  return { findings, results, coverage, ok };
}

const coverageKey = (kind: RuleKind, role: string | null, name: string): string => JSON.stringify([kind, role, name]);

function everyRule(policy: Policy): Omit<Covered, 'covered'>[] {
  return [
    ...policy.guardrails.map(({ name, location }) => ({ kind: 'guardrail' as const, role: null, name, location })),
    ...policy.separationOfDuties.map(({ name, location }) => ({
      kind: 'separation_of_duties' as const,
      role: null,
      name,
      location,
    })),
    ...[...policy.roles.values()].flatMap((role) => [
      ...role.rules.map(({ name, location }) => ({ kind: 'rule' as const, role: role.key, name, location })),
      ...(role.breakGlass
        ? [{ kind: 'break_glass' as const, role: role.key, name: BREAK_GLASS, location: role.location }]
        : []),
    ]),
  ];
}

function unknownNames(policy: Policy, { test, place }: PlacedTest): Finding[] {
  const { given } = test;
  const findings: Finding[] = [];
  if (!policy.roles.has(roleKey(given.role))) {
    findings.push(
      unknownName('unknown_role', 'role', given.role, policy.roles.keys(), place.locate(['given', 'role']), 'roles'),
    );
  }
  for (const key of ['groups', 'unavailable_groups'] as const) {
    given.requester[key].forEach((group, index) => {
      if (policy.groups.has(group)) return;
      const at = place.locate(['given', 'requester', key, index]);
      findings.push(unknownName('unknown_group', 'group', group, policy.groups.keys(), at, 'groups'));
    });
  }
  for (const fact of Object.keys(given.facts)) {
    if (policy.factTypes.has(fact)) continue;
    const at = place.locateKey(['given', 'facts', fact]);
    findings.push(unknownName('condition_unknown_name', 'fact', fact, policy.factTypes.keys(), at, 'fact_providers'));
  }
  return findings;
}

function runTest(policy: Policy, role: Role, { test, place }: PlacedTest): TestResult {
  const facts = factsOf(policy, role, test.given);
  const decision = evaluate(policy, role.key, facts);
  const { expect } = test;
  const failures: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown): void => {
    if (expected === undefined || JSON.stringify(expected) === JSON.stringify(actual)) return;
    failures.push(`Expected ${what} ${JSON.stringify(expected)}, but it is ${JSON.stringify(actual)}.`);
  };
  compare('outcome', expect.outcome, decision.outcome);
  compare('rule', expect.rule, decision.rule.name);
  compare('message', expect.message, decision.message);
  const cap = decision.capSeconds === null ? 'none' : formatDuration(decision.capSeconds);
  compare('cap', typeof expect.cap === 'number' ? formatDuration(expect.cap) : expect.cap, cap);
  compare(
    'stages',
    expect.stages?.map(({ approvals, from, self, fallback }) => ({
      approvals,
      from,
      ...(self ? { self } : {}),
      ...(fallback ? { fallback } : {}),
    })),
    stagesOf(decision, expect.stages),
  );
  compare('offered', expect.offered, expect.offered === undefined ? undefined : offered(policy, role, facts));
  compareTerms(role, test, compare);
  if (expect.subject !== undefined) {
    const found = subjectFor(role, facts);
    compare('subject', expect.subject, found.ok ? found.subject : found.error);
  }
  return { name: test.name, location: place.locate([]), failures, decision, facts };
}

/** What the role says beside its rules. */
function compareTerms(
  role: Role,
  { given, expect: { terms } }: PolicyTest,
  compare: (what: string, expected: unknown, actual: unknown) => void,
): void {
  if (!terms) return;
  const time = (seconds: number | undefined): string | undefined =>
    seconds === undefined ? undefined : formatDuration(seconds);
  compare('terms.default', time(terms.default), formatDuration(role.duration.defaultSeconds));
  compare('terms.max', time(terms.max), formatDuration(role.duration.maxSeconds));
  compare('terms.min_reason', terms.min_reason, role.reason.minLength);
  compare('terms.ticket', terms.ticket, role.ticket.required ? 'required' : 'optional');
  compare('terms.ticket_accepted', terms.ticket_accepted, role.ticket.accepts(given.ticket ?? ''));
  const startWithin = typeof terms.start_within === 'number' ? formatDuration(terms.start_within) : terms.start_within;
  compare(
    'terms.start_within',
    startWithin,
    role.startWithinSeconds === null ? 'at once' : time(role.startWithinSeconds),
  );
  const unused = typeof terms.unused_after === 'number' ? formatDuration(terms.unused_after) : terms.unused_after;
  compare('terms.unused_after', unused, role.unusedAfterSeconds === null ? 'never' : time(role.unusedAfterSeconds));
  compare('terms.extensions', terms.extensions, role.extensions.max);
  compare('terms.review_within', time(terms.review_within), time(role.breakGlass?.reviewWithinSeconds) ?? 'never');
}

/** Whom a stage falls back to is compared where the test names it. */
const stagesOf = (decision: PolicyDecision, expected: PolicyTest['expect']['stages']) =>
  decision.stages.map(({ approvals, from, selfAllowed, fallback }, index) => ({
    approvals,
    from,
    ...(selfAllowed ? { self: 'allowed' } : {}),
    ...(expected?.[index]?.fallback ? { fallback: fallback?.to ?? [] } : {}),
  }));

/** The facts of a test. What it does not name is harmless, except the facts of providers: those could not be gathered. */
function factsOf(policy: Policy, role: Role, given: PolicyTest['given']): Facts {
  const at = instantOf(given.at, policy.timezone) ?? new Date(0);
  const { requester, history } = given;
  const groups = [...policy.groups.keys()].map((group): [string, Known<boolean>] => [
    group,
    requester.unavailable_groups.includes(group)
      ? { unavailable: 'the test says so' }
      : requester.groups.includes(group),
  ]);
  const manager =
    requester.manager ??
    (policy.managers?.kind === 'map' ? (policy.managers.managers.get(requester.email) ?? null) : null);
  const activeRoles = history?.active_roles ?? [];
  return {
    at: at.toISOString(),
    requester: {
      id: requester.id,
      email: requester.email,
      name: requester.name,
      groups: Object.fromEntries(groups),
      manager,
      timezone: requester.timezone,
    },
    request: {
      durationSeconds: given.duration ?? role.duration.defaultSeconds,
      ticket: given.ticket ?? null,
      reason: given.reason,
      extension: given.extension,
      breakGlass: given.break_glass,
      channel: given.channel ?? null,
    },
    time: timeFacts(at, policy.timezone, policy.businessHours),
    history: history?.unavailable
      ? { unavailable: 'the test says so' }
      : {
          activeGrants: history?.active_grants ?? activeRoles.length,
          activeRoles,
          grantsToday: history?.grants_today ?? 0,
          minutesSinceLast: history?.minutes_since_last ?? null,
        },
    provided: given.facts,
  };
}
