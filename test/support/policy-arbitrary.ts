import fc from 'fast-check';
import type { Facts, Known } from '../../src/domain/policy/facts.ts';
import type { Policy } from '../../src/domain/policy/types.ts';
import { AROUND, policyOf } from './policy-fixture.ts';

const GROUPS = ['dba', 'security', 'developers', 'sre'] as const;
const FACTS =
  'fact_providers:\n  deploys: { url: "https://deploys.example.com/", facts: { freeze: bool, score: int } }\n';

/** The language's own key; written so because an object with it looks like a promise to JavaScript. */
const THEN = 'then';

/** Conditions that any rule may have. */
const atom = fc.oneof(
  fc.constantFrom(...GROUPS).map((group) => `"${group}" in requester.groups`),
  fc.constantFrom('30m', '1h', '2h').map((time) => `request.duration <= duration("${time}")`),
  fc.integer({ min: 0, max: 23 }).map((hour) => `time.hour >= ${hour}`),
  fc.integer({ min: 0, max: 3 }).map((count) => `history.active_grants >= ${count}`),
  fc.constantFrom('facts.freeze', 'facts.score > 1', 'time.business_hours', 'requester.manager == ""', 'true', 'false'),
  fc.constantFrom('role.labels.team == "x"', 'resource.environment == "production"', 'request.extension'),
);
const onReason = fc.constantFrom('request.reason == ""', 'request.reason.contains("e")', 'size(request.reason) < 4');

const combine = (atoms: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    atoms,
    fc
      .tuple(atoms, fc.constantFrom('&&', '||'), atoms)
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    atoms.map((each) => `!(${each})`),
    fc.tuple(atoms, atoms, atoms).map(([condition, yes, no]) => `(${condition}) ? (${yes}) : (${no})`),
  );
const when = fc.option(combine(atom), { nil: undefined });
/** What a denial may read besides. */
const denialWhen = fc.option(combine(fc.oneof(atom, onReason)), { nil: undefined });

const stage = fc.record({
  approvals: fc.integer({ min: 1, max: 2 }),
  from: fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1, maxLength: 2 }),
});
const require = fc.array(stage, { minLength: 1, maxLength: 2 }).map((stages) => ({ require: stages }));

const named = <T extends object>(parts: fc.Arbitrary<T>, letter: string) =>
  fc.array(parts, { maxLength: 4 }).map((all) => all.map((each, index) => ({ name: `${letter}${index}`, ...each })));

const rules = named(
  fc.oneof(
    fc.record({ when, [THEN]: fc.constant('approve') }),
    fc.record({ when, [THEN]: require }),
    fc.record({ when: denialWhen, [THEN]: fc.constant('deny') }),
  ),
  'r',
);

/** A guardrail that denies, as the policy file has it. */
export const denyGuardrail = fc.record({
  name: fc.constant('one more'),
  when: denialWhen,
  [THEN]: fc.constant('deny'),
});

const guardrails = named(
  fc.oneof(
    fc.record({ when: combine(fc.oneof(atom, onReason)), [THEN]: fc.constant('deny') }),
    fc.record({
      when,
      [THEN]: fc.record({ cap: fc.constantFrom('5m', '1h'), require: require.map((each) => each.require) }),
    }),
    fc.record({ when, [THEN]: fc.constant({ cap: '45m' }) }),
  ),
  'g',
);

/** The parts of a policy that decide about db/admin. */
export interface Parts {
  readonly rules: readonly object[];
  readonly guardrails: readonly object[];
  readonly duties: boolean;
  readonly breakGlass: boolean;
}
export const parts: fc.Arbitrary<Parts> = fc.record({
  rules,
  guardrails,
  duties: fc.boolean(),
  breakGlass: fc.boolean(),
});

/** JSON is YAML, so random data makes a policy file. */
export function policyFrom({ rules, guardrails, duties, breakGlass }: Parts): Policy {
  const role = {
    entitlement: { role: 'a' },
    rules,
    ...(breakGlass ? { break_glass: { who: ['sre'], max: '10m' } } : {}),
  };
  const whole = {
    apiVersion: 'elevate/v1',
    roles: { 'db/admin': role, 'lab/x': { entitlement: { role: 'x' } } },
    guardrails,
    separation_of_duties: duties ? [['db/admin', 'lab/x']] : [],
  };
  return policyOf(AROUND + FACTS, JSON.stringify(whole));
}

const known = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Known<T>> =>
  fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: fc.constant({ unavailable: 'no answer' }) });
const count = fc.integer({ min: 0, max: 3 });

export const facts: fc.Arbitrary<Facts> = fc.record({
  at: fc.constant('2026-03-02T10:00:00.000Z'),
  requester: fc.record({
    id: fc.constant('U0DEV'),
    email: known(fc.constant('dev@example.com')),
    name: fc.string(),
    groups: fc.record({
      dba: known(fc.boolean()),
      security: known(fc.boolean()),
      developers: known(fc.boolean()),
      sre: known(fc.boolean()),
    }),
    manager: known(fc.constantFrom(null, 'boss@example.com')),
    timezone: fc.constant('UTC'),
  }),
  request: fc.record({
    durationSeconds: fc.constantFrom(60, 1_800, 3_600, 7_200, 86_400),
    ticket: fc.constantFrom(null, 'INC-1'),
    reason: fc.oneof(fc.string(), fc.constantFrom('', 'because')),
    extension: fc.boolean(),
    breakGlass: fc.boolean(),
    channel: fc.constantFrom(null, 'C1'),
  }),
  time: fc.record({
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    weekday: fc.constantFrom('monday', 'sunday'),
    date: fc.constant('2026-03-02'),
    businessHours: fc.boolean(),
  }),
  history: known(
    fc.record({
      activeGrants: count,
      activeRoles: fc.constantFrom([], ['lab/x'], ['db/admin']),
      grantsToday: count,
      minutesSinceLast: fc.constantFrom(null, 5),
    }),
  ),
  provided: fc.record(
    { freeze: known(fc.oneof(fc.boolean(), fc.constant('yes'))), score: known(count) },
    { requiredKeys: [] },
  ),
});
