import { describe, expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from '../../src/domain/policy/duration.ts';
import { createLanguage } from '../../src/domain/policy/language.ts';
import { closest } from '../../src/domain/policy/suggest.ts';
import { CelVariables } from '../../src/domain/policy/variables.ts';
import { AROUND, type FactParts, factsFor, load, policyOf, roleOf, withRules } from '../support/policy-fixture.ts';

const factTypes = new Map([
  ['freeze', 'bool'],
  ['risk_score', 'double'],
  ['incidents', 'int'],
] as const);
const language = createLanguage({ groups: new Set(['dba', 'developers', 'security', 'sre']), factTypes });
const policy = withRules('[]');

/** What the condition gives, or the sentence of its error. */
function read(text: string, parts: FactParts = {}): unknown {
  const compiled = language.compile(text, 'bool');
  if (!compiled.ok)
    throw new Error(compiled.problems.map((each) => `${each.index} ${each.code} ${each.message}`).join('; '));
  const context = {
    facts: factsFor(policy, parts),
    role: { ...roleOf(policy), labels: { tier: 'gold' } },
    factTypes,
    probe: null,
  };
  try {
    return compiled.condition.evaluate(new CelVariables(context));
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : error;
  }
}

describe('a condition reads', () => {
  it.each([
    ['requester.id == "U0DEV" && requester.email.endsWith("@example.com")'],
    ['"developers" in requester.groups && !("dba" in requester.groups)'],
    ['["dba", "developers"].exists(group, group in requester.groups)'],
    ['requester.manager == "" && requester.timezone == "Europe/Berlin"'],
    ['request.duration <= duration("1h") && request.duration > duration("59m59s")'],
    ['request.duration + duration("30m") == duration("1h30m")'],
    ['request.ticket == "INC-7" && request.ticket.matches("^INC-[0-9]+$")'],
    ['request.reason.matches("(?i)STUCK") && request.reason.contains("worker")'],
    ['!request.extension && !request.break_glass && request.channel == ""'],
    ['role.key == "db/admin" && role.name == "admin" && role.risk == "medium"'],
    ['role.labels.tier == "gold" && role.labels["tier"] == "gold" && !("team" in role.labels)'],
    ['resource.name == "db" && resource.environment == "production" && resource.labels.team == "orders"'],
    [
      'time.hour == 11 && time.minute == 0 && time.weekday == "monday" && time.date == "2026-03-02" && time.business_hours',
    ],
    ['time.weekday in ["monday", "tuesday"]'],
    ['history.active_grants == 1 && "lab/admin" in history.active_roles && history.grants_today == 2'],
    ['history.minutes_since_last > 60 * 24 * 365'],
    ['facts.freeze && facts.risk_score < 0.5 && facts.incidents == 3'],
    ['size(history.active_roles) == 1 && history.active_roles.all(role, role.startsWith("lab/"))'],
  ])('%s', (text) => {
    const parts: FactParts = {
      groups: { developers: true },
      request: { ticket: 'INC-7' },
      history: { activeGrants: 1, activeRoles: ['lab/admin'], grantsToday: 2 },
      provided: { freeze: true, risk_score: 0.25, incidents: 3 },
    };
    expect(read(text, parts)).toBe(true);
  });
});

describe('what could not be gathered', () => {
  it('is an error where it is read, and nowhere else', () => {
    const parts: FactParts = { groups: { dba: { unavailable: 'Slack timed out' }, sre: true } };
    const error = "the members of group 'dba' could not be looked up: Slack timed out";
    expect(read('"dba" in requester.groups', parts)).toBe(error);
    expect(read('!("dba" in requester.groups)', parts)).toBe(error);
    expect(read('"sre" in requester.groups', parts)).toBe(true);
    expect(read('"sre" in requester.groups || "dba" in requester.groups', parts)).toBe(true);
    expect(read('"dba" in requester.groups || "sre" in requester.groups', parts)).toBe(true);
    expect(read('"dba" in requester.groups && "developers" in requester.groups', parts)).toBe(false);
    expect(read('["dba", "sre"].exists(group, group in requester.groups)', parts)).toBe(true);
    expect(read('["dba", "sre"].all(group, group in requester.groups)', parts)).toBe(error);
  });

  it('is so for a group that nobody looked up', () => {
    const facts = factsFor(policy);
    expect(read('"dba" in requester.groups', { requester: { groups: {} } })).toBe(false);
    const { dba: _, ...groups } = facts.requester.groups;
    const compiled = language.compile('"dba" in requester.groups', 'bool');
    const context = {
      facts: { ...facts, requester: { ...facts.requester, groups } },
      role: roleOf(policy),
      factTypes,
      probe: null,
    };
    expect(() => compiled.ok && compiled.condition.evaluate(new CelVariables(context))).toThrow(
      'its members were not looked up',
    );
  });

  it('is so for history, the email, the manager and provided facts', () => {
    expect(read('history.active_grants == 0', { history: { unavailable: 'no database' } })).toContain('no database');
    expect(read('requester.email != ""', { requester: { email: { unavailable: 'hidden' } } })).toContain('hidden');
    expect(read('requester.manager == ""', { requester: { manager: { unavailable: 'no source' } } })).toContain(
      'no source',
    );
    expect(read('!facts.freeze')).toContain('it was not gathered');
  });

  it('is so for an answer of another type than declared', () => {
    expect(read('facts.freeze', { provided: { freeze: 'yes' } })).toContain('not of type bool');
    expect(read('facts.incidents == 0', { provided: { incidents: 0.5 } })).toContain('not of type int');
    expect(read('facts.risk_score > 0.0', { provided: { risk_score: Number.NaN } })).toContain('not of type double');
  });

  it('does not stand for a label that is not there', () => {
    expect(read('role.labels.team == "x"')).toBe('No such key: team');
  });
});

describe('a condition is bounded', () => {
  const refused = (text: string, result: 'bool' | 'string' = 'bool'): string => {
    const compiled = language.compile(text, result);
    return compiled.ok ? 'accepted' : (compiled.problems[0]?.code ?? '');
  };

  it.each([
    ['in length', `true ${'|| true'.repeat(400)}`],
    ['in nesting', `${'('.repeat(60)}true${')'.repeat(60)}`],
    ['in parts', `${'!'.repeat(900)}true`],
    ['in steps', 'request.reason.split("").exists(a, request.reason.split("").exists(b, a == b))'],
    ['in the size of texts', `["aa"].map(x, ${Array(30).fill('x').join('+')})${'.map(x, x+x)'.repeat(18)}.size() > 0`],
  ])('%s', (_what, text) => {
    expect(refused(text)).toBe('condition_too_costly');
  });

  it.each([
    'has(requester.email)',
    'dyn(1) == dyn("1")',
    'cel.bind(x, 1, x == 1)',
    'timestamp("2026-01-01T00:00:00Z") > timestamp("2025-01-01T00:00:00Z")',
    'type(1) == int',
    'requester == requester',
    'requester["email"] == ""',
    'size(requester.groups) > 0',
    'request.reason.matches(request.ticket)',
  ])('without %s', (text) => {
    expect(refused(text)).toMatch(/condition_not_allowed|condition_unknown_name/);
  });

  it('matches in linear time whatever the requester writes', () => {
    const evil = `${'a'.repeat(2_999)}!`;
    const started = performance.now();
    expect(read('request.reason.matches("^(a+)+$")', { request: { reason: evil } })).toBe(false);
    expect(read('request.reason.matches("(a*)*(a*)*b")', { request: { reason: evil } })).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('keeps matches() ours, also behind a comment that says so', () => {
    const compiled = language.compile('request.reason // .matches\n.matches("^(a+)+$")', 'bool');
    expect(compiled.ok ? 'accepted' : compiled.problems[0]?.code).toBe('condition_syntax');
  });
});

describe('a mistake in a condition is shown where it stands', () => {
  const rule = (when: string) =>
    `apiVersion: elevate/v1\nroles:\n  db/admin:\n    entitlement: { role: a }\n    rules:\n      - name: r\n${when}        then: deny\n`;
  it.each([
    ['in single quotes, behind a quote', `        when: 'request.reason == "it''s" && request.reson == ""'\n`, 7],
    ['in double quotes, behind escapes', '        when: "request.reason == \\"x\\" && request.reson == \\"\\""\n', 7],
    ['in a block', '        when: |\n          request.reason == "x"\n            && request.reson == ""\n', 9],
    ['in a folded block', '        when: >-\n          request.reason == "x"\n          && request.reson == ""\n', 9],
    ['in a plain text over two lines', '        when: request.reason == "x" &&\n          request.reson == ""\n', 8],
  ])('%s', (_what, when, line) => {
    const text = rule(when);
    const [found] = load(AROUND, text).findings;
    expect(found?.line).toBe(line);
    expect(text.split('\n')[(found?.line ?? 0) - 1]?.slice((found?.column ?? 0) - 1)).toMatch(/^reson/);
  });

  it('and in what a policy declares itself', () => {
    const provider = 'fact_providers:\n  deploys: { url: "https://d.example.com/", facts: { deploy_freeze: bool } }\n';
    const withFact = (fact: string) =>
      load(AROUND + provider, rule(`        when: facts.${fact}\n`)).findings.map((each) => each.fix);
    expect(withFact('deploy_freeze')).toEqual([]);
    expect(withFact('deploy_frees')).toEqual(["Did you mean 'deploy_freeze'?"]);
    expect(policyOf(AROUND + provider).factTypes.get('deploy_freeze')).toBe('bool');
  });
});

describe('small helpers', () => {
  it('durations', () => {
    expect(['90m', '1h30m', '4h', '30s', '7d', '1d2h3m4s'].map(parseDuration)).toEqual([
      5_400, 5_400, 14_400, 30, 604_800, 93_784,
    ]);
    expect(['', '1', 'h', '1h 30m', '30m1h', '-1h', '1.5h', '1w', '99999999999s'].map(parseDuration)).toEqual(
      Array(9).fill(null),
    );
    expect([5_400, 30, 0, 86_400, 3_661].map(formatDuration)).toEqual(['1h30m', '30s', '0s', '1d', '1h1m1s']);
  });

  it('suggestions', () => {
    expect(closest('duraton', ['duration', 'reason'])).toBe('duration');
    expect(closest('environmnet', ['environment'])).toBe('environment');
    expect(closest('xyz', ['duration', 'reason'])).toBeNull();
  });
});
