import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roleKey } from '../../src/domain/ids.ts';
import { policyFromCanonical } from '../../src/domain/policy/canonical.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import type { Facts } from '../../src/domain/policy/facts.ts';
import { offered } from '../../src/domain/policy/offer.ts';
import type { Policy, PolicyDecision } from '../../src/domain/policy/types.ts';
import { denyGuardrail, facts, parts, policyFrom } from '../support/policy-arbitrary.ts';
import { roleOf } from '../support/policy-fixture.ts';

const RUNS = { numRuns: 60 };
/** Making a policy costs far more than asking it, so each is asked many times. */
const manyFacts = fc.array(facts, { minLength: 10, maxLength: 20 });
const ask = (policy: Policy, given: Facts): PolicyDecision => evaluate(policy, roleKey('db/admin'), given);

describe('every policy and every set of facts', () => {
  it('give one decision, the same each time and from a kept version, and nothing throws', () => {
    const without = (decision: PolicyDecision): unknown =>
      JSON.parse(JSON.stringify(decision, (key, value) => (key === 'location' ? undefined : value)));
    fc.assert(
      fc.property(parts, manyFacts, (some, all) => {
        const policy = policyFrom(some);
        const kept = policyFromCanonical(policy.canonical);
        for (const given of all) {
          const decision = ask(policy, given);
          expect(ask(policy, JSON.parse(JSON.stringify(given)))).toEqual(decision);
          expect(without(ask(kept, given))).toEqual(without(decision));
          expect(decision.trace.length).toBe(
            policy.guardrails.length +
              policy.separationOfDuties.length +
              (wasBreakGlass(decision) ? 1 : 0) +
              some.rules.length,
          );
        }
      }),
      RUNS,
    );
  });

  it('deny unless one rule that was read says otherwise, and no guardrail or duty stands against it', () => {
    let allowed = 0;
    fc.assert(
      fc.property(parts, manyFacts, (some, all) => {
        const policy = policyFrom(some);
        for (const given of all) {
          const decision = ask(policy, given);
          const against = decision.trace.filter((each) => each.applied && each.effect === 'deny');
          if (decision.outcome === 'deny') {
            expect(decision.stages).toEqual([]);
            continue;
          }
          allowed += 1;
          expect(against).toEqual([]);
          const [deciding] = decision.trace.filter(
            (each) => each.applied && each.kind === decision.rule.kind && each.name === decision.rule.name,
          );
          expect(deciding).toMatchObject({ verdict: 'matched', error: null });
          expect(decision.outcome === 'approve').toBe(decision.stages.length === 0);
          const guarded = decision.trace.filter((each) => each.kind === 'guardrail' && each.applied);
          for (const each of guarded) {
            const guardrail = policy.guardrails[each.index ?? -1];
            if (guardrail?.then.kind !== 'limit') continue;
            expect(decision.capSeconds ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
              guardrail.then.capSeconds ?? Number.POSITIVE_INFINITY,
            );
            expect(decision.stages.filter((stage) => stage.addedBy.name === guardrail.name)).toHaveLength(
              guardrail.then.stages.length,
            );
          }
        }
      }),
      RUNS,
    );
    expect(allowed).toBeGreaterThan(40);
  });

  it('are denied by whichever guardrail or duty applies, whatever the rules say', () => {
    let denied = 0;
    fc.assert(
      fc.property(parts, manyFacts, (some, all) => {
        const policy = policyFrom(some);
        for (const given of all) {
          const decision = ask(policy, given);
          const [first] = decision.trace.filter(
            (each) =>
              each.applied &&
              each.effect === 'deny' &&
              (each.kind === 'guardrail' || each.kind === 'separation_of_duties'),
          );
          if (!first) continue;
          denied += 1;
          expect(decision).toMatchObject({ outcome: 'deny', rule: { name: first.name, kind: first.kind } });
        }
      }),
      RUNS,
    );
    expect(denied).toBeGreaterThan(40);
  });

  it('are never treated better because of one more guardrail that denies', () => {
    let tightened = 0;
    fc.assert(
      fc.property(parts, denyGuardrail, fc.boolean(), manyFacts, (some, one, first, all) => {
        const before = policyFrom(some);
        const after = policyFrom({
          ...some,
          guardrails: first ? [one, ...some.guardrails] : [...some.guardrails, one],
        });
        for (const given of all) {
          const [was, is] = [ask(before, given), ask(after, given)];
          if (is.outcome === 'deny') {
            if (was.outcome !== 'deny') tightened += 1;
            continue;
          }
          const said = ({ outcome, rule, stages, capSeconds }: PolicyDecision) => ({
            outcome,
            rule: rule.name,
            stages,
            capSeconds,
          });
          expect(said(is)).toEqual(said(was));
        }
      }),
      RUNS,
    );
    expect(tightened).toBeGreaterThan(10);
  });

  it('are never allowed anything by the reason', () => {
    fc.assert(
      fc.property(parts, manyFacts, fc.string(), (some, all, reason) => {
        const policy = policyFrom(some);
        for (const given of all) {
          const other: Facts = { ...given, request: { ...given.request, reason } };
          const [one, two] = [ask(policy, given), ask(policy, other)];
          if (one.outcome === 'deny' || two.outcome === 'deny') continue;
          const said = ({ outcome, rule, stages, capSeconds }: PolicyDecision) => ({
            outcome,
            rule,
            stages,
            capSeconds,
          });
          expect(said(two)).toEqual(said(one));
        }
      }),
      RUNS,
    );
  });

  it('are offered every role that they can have', () => {
    fc.assert(
      fc.property(parts, manyFacts, (some, all) => {
        const policy = policyFrom(some);
        for (const each of all) {
          const given: Facts = { ...each, request: { ...each.request, breakGlass: false } };
          if (ask(policy, given).outcome === 'deny') continue;
          const empty: Facts = {
            ...given,
            request: { ...given.request, durationSeconds: 0, reason: '', ticket: null, channel: null },
          };
          expect(offered(policy, roleOf(policy), empty)).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

const wasBreakGlass = (decision: PolicyDecision): boolean => decision.trace.some((each) => each.kind === 'break_glass');
