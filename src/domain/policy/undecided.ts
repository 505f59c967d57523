import type { PolicyDecision, RuleVerdict } from './decision.ts';
import { isUnavailable } from './facts.ts';

/**
 * What could not be looked up where the answer hangs on that: a refusal, or a longest time below `durationSeconds`, that may not hold as
 * soon as it can be. null: the policy says so whatever it is. An outage refuses for the moment, and decides nothing.
 */
export function undecided(decision: PolicyDecision, durationSeconds: number): string | null {
  if (decision.outcome === 'deny') return undecidedDenial(decision.trace);
  const capped = decision.capSeconds !== null && decision.capSeconds < durationSeconds;
  return capped ? lookupOf(decision.trace.filter((each) => each.name === decision.cappedBy)) : null;
}

function undecidedDenial(trace: readonly RuleVerdict[]): string | null {
  const forbids = trace.filter(({ kind, effect }) => isLaw(kind) && effect === 'deny');
  if (forbids.some(({ verdict }) => verdict === 'matched')) return null;
  return lookupOf([...forbids, ...trace.filter(({ kind }) => !isLaw(kind))]);
}

const isLaw = (kind: RuleVerdict['kind']): boolean => kind === 'guardrail' || kind === 'separation_of_duties';

/** The first verdict that is an error because a fact is missing; other errors are the policy's own. */
const lookupOf = (verdicts: readonly RuleVerdict[]): string | null =>
  verdicts.find(({ verdict, values }) => verdict === 'error' && Object.values(values).some(isUnavailable))?.error ??
  null;
