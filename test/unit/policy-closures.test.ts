import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Facts } from '../../src/domain/policy/facts.ts';
import { createLanguage } from '../../src/domain/policy/language.ts';
import { CelVariables } from '../../src/domain/policy/variables.ts';
import { facts } from '../support/policy-arbitrary.ts';

const factTypes = new Map([
  ['freeze', 'bool'],
  ['score', 'int'],
] as const);
const language = createLanguage({ groups: new Set(['dba', 'security', 'developers', 'sre']), factTypes });

/** Everything that conditions are made of, the parts that CEL's own evaluator does included. */
const atom = fc.oneof(
  fc.constantFrom('dba', 'security', 'sre').map((group) => `"${group}" in requester.groups`),
  fc
    .tuple(fc.constantFrom('<', '<=', '>', '>=', '==', '!='), fc.constantFrom('1m', '30m', '1h', '90m', '2h', '1.5s'))
    .map(([operator, time]) => `request.duration ${operator} duration("${time}")`),
  fc
    .tuple(
      fc.constantFrom('time.hour', 'time.minute', 'history.active_grants', 'history.grants_today', 'facts.score'),
      fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
      fc.integer({ min: -1, max: 24 }),
    )
    .map(([fact, operator, number]) => `${fact} ${operator} ${number}`),
  fc.integer({ min: 0, max: 23 }).map((hour) => `${hour} < time.hour`),
  fc.constantFrom('facts.freeze', 'time.business_hours', 'request.extension', 'true', 'false'),
  fc.constantFrom(
    'requester.manager == ""',
    'requester.email == "dev@example.com"',
    'requester.email.endsWith("@example.com")',
    'request.reason.contains("e")',
    'request.reason.matches("^b.*e$")',
    'request.reason.startsWith("b")',
    'request.ticket == "INC-1"',
    'request.ticket.lowerAscii() == "inc-1"',
    'size(request.reason) > 3',
    'role.labels.team == "x"',
    'role.labels["team"] == "orders"',
    '"team" in role.labels',
    'resource.labels.missing == "x"',
    'role.risk in ["low", "high"]',
    '"lab/x" in history.active_roles',
    'history.active_roles.exists(held, held.startsWith("lab"))',
    'history.active_grants + 1 > 2',
    'requester.email < "m"',
    '(time.business_hours ? "a" : "b") == "a"',
  ),
);
const condition: fc.Arbitrary<string> = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc
      .tuple(tie('tree'), fc.constantFrom('&&', '||'), tie('tree'))
      .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
    tie('tree').map((part) => `!(${part})`),
    fc.tuple(tie('tree'), tie('tree'), tie('tree')).map(([test, yes, no]) => `(${test}) ? (${yes}) : (${no})`),
  ),
})).tree;

const role = {
  key: 'db/admin',
  name: 'admin',
  risk: 'high' as const,
  labels: { team: 'orders' },
  resource: { name: 'db', environment: 'production', labels: {} },
};

/** The value, or that there is none. Which error it is may differ between the two. */
function outcome(evaluate: (variables: CelVariables) => unknown, given: Facts, hidden: ReadonlySet<string>): unknown {
  const probe = { hidden, touched: false };
  try {
    const context = { facts: given, role, factTypes, probe: hidden.size > 0 ? probe : null };
    return { value: evaluate(new CelVariables(context)) };
  } catch {
    return { error: true, touched: probe.touched };
  }
}

describe('our own evaluation of a condition', () => {
  it("comes to what CEL's evaluator comes to, whatever the condition and the facts", () => {
    let errors = 0;
    let values = 0;
    const hiddenFacts = fc.constantFrom(
      new Set<string>(),
      new Set(['request.duration', 'request.reason', 'facts.freeze']),
    );
    fc.assert(
      fc.property(condition, fc.array(facts, { minLength: 4, maxLength: 8 }), hiddenFacts, (text, all, hidden) => {
        const compiled = language.compile(text, 'bool');
        if (!compiled.ok) throw new Error(`${text}: ${compiled.problems[0]?.message}`);
        const { evaluate, general } = compiled.condition;
        for (const given of all) {
          const [ours, theirs] = [outcome(evaluate, given, hidden), outcome(general, given, hidden)];
          expect({ text, ours }).toEqual({ text, ours: theirs });
          if (typeof ours === 'object' && ours !== null && 'error' in ours) errors += 1;
          else values += 1;
        }
      }),
      { numRuns: Number(process.env.CONDITIONS ?? 400) },
    );
    expect(Math.min(errors, values)).toBeGreaterThan(100);
  });
});
