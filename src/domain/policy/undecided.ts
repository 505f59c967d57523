import type { PolicyDecision, RuleVerdict } from './decision.ts';
import { isUnavailable, type Unavailable } from './facts.ts';

/** Something that the answer hangs on could not be looked up. */
export interface Undecided {
  /** What, and why. */
  readonly detail: string;
  /** It will not pass by itself: a person must put something right first. */
  readonly lasting: boolean;
}

/**
 * What could not be looked up where the answer hangs on that: a refusal, or a longest time below `durationSeconds`, that may not hold as
 * soon as it can be. null: the policy says so whatever it is. An outage refuses for the moment, and decides nothing.
 */
export function undecided(decision: PolicyDecision, durationSeconds: number): Undecided | null {
  if (decision.outcome === 'deny') return undecidedDenial(decision.trace);
  const capped = decision.capSeconds !== null && decision.capSeconds < durationSeconds;
  return capped ? lookupOf(decision.trace.filter((each) => each.name === decision.cappedBy)) : null;
}

function undecidedDenial(trace: readonly RuleVerdict[]): Undecided | null {
  const forbids = trace.filter(({ kind, effect }) => isLaw(kind) && effect === 'deny');
  if (forbids.some(({ verdict }) => verdict === 'matched')) return null;
  return lookupOf([...forbids, ...trace.filter(({ kind }) => !isLaw(kind))]);
}

const isLaw = (kind: RuleVerdict['kind']): boolean => kind === 'guardrail' || kind === 'separation_of_duties';

/**
 * The first verdict that is an error because a fact is missing; other errors are the policy's own. One that passes comes before one that
 * lasts, since with it the answer may be another.
 */
function lookupOf(verdicts: readonly RuleVerdict[]): Undecided | null {
  const found = verdicts.flatMap(({ verdict, values, error }): Undecided[] => {
    const missing = Object.values(values).flatMap(missingIn);
    if (verdict !== 'error' || error === null || missing.length === 0) return [];
    return [{ detail: error, lasting: missing.every(({ lasting }) => lasting === true) }];
  });
  return found.find(({ lasting }) => !lasting) ?? found[0] ?? null;
}

/** A list of groups has those that could not be looked up among the others. */
const missingIn = (value: unknown): Unavailable[] => (Array.isArray(value) ? value : [value]).filter(isUnavailable);
