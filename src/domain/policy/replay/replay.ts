import type { RoleKey } from '../../ids.ts';
import { compareRulings, type Ruling } from '../diff/compare.ts';
import { evaluate } from '../evaluate.ts';
import type { Facts } from '../facts.ts';
import type { Policy, PolicyDecision, StageRule } from '../types.ts';

/** A stored request, as far as its decision goes. */
export interface StoredDecision {
  readonly requestId: string;
  readonly role: RoleKey;
  readonly requester: string;
  readonly createdAt: Date;
  readonly facts: Facts;
  readonly decision: PolicyDecision;
  /** The policy refused it when it was made: it denied it, or it was asked for longer than anybody may have it. */
  readonly refused: boolean;
}

/**
 * What the other policy makes of a stored request. `unknown`: it reads a fact that was not gathered then, so its answer would be a guess.
 * `changed`: as strict as before, by another rule or cap that makes no difference to this request.
 */
export type ReplayVerdict = 'same' | 'loosened' | 'tightened' | 'both' | 'changed' | 'unknown';

export interface Replayed {
  readonly verdict: ReplayVerdict;
  readonly decision: PolicyDecision;
}

/** Evaluates a stored request again with its stored facts under another policy. Pure and total. */
export function replayOne(policy: Policy, stored: StoredDecision): Replayed {
  const decision = evaluate(policy, stored.role, stored.facts);
  const missing = decision.trace.some(
    (each) => each.applied === false && each.error !== null && wasNotGathered(each.error),
  );
  const harmful = decision.trace.some((each) => each.applied && each.error !== null && wasNotGathered(each.error));
  if (missing || harmful) return { verdict: 'unknown', decision };
  const seconds = stored.facts.request.durationSeconds;
  // The longest time of break-glass is a cap of the decision.
  const longest = stored.facts.request.breakGlass
    ? Number.POSITIVE_INFINITY
    : (policy.roles.get(stored.role)?.duration.maxSeconds ?? 0);
  const { loosens, tightens } = compareRulings(
    // What was not refused then was within its limits, whatever the role's maximum is now.
    rulingOf(stored.decision, stored.refused ? 0 : Number.POSITIVE_INFINITY, seconds),
    rulingOf(decision, longest, seconds),
  );
  if (loosens && tightens) return { verdict: 'both', decision };
  if (loosens) return { verdict: 'loosened', decision };
  if (tightens) return { verdict: 'tightened', decision };
  return { verdict: decision.rule.name === stored.decision.rule.name ? 'same' : 'changed', decision };
}

const wasNotGathered = (error: string): boolean => /was not gathered|were not looked up/.test(error);

/** A request for longer than allowed is refused, which is what counts for it; how much longer it could have been does not. */
function rulingOf(decision: PolicyDecision, longestSeconds: number, askedSeconds: number): Ruling {
  const longest = Math.min(longestSeconds, decision.capSeconds ?? Number.POSITIVE_INFINITY);
  if (decision.outcome === 'deny' || askedSeconds > longest) return { outcome: 'deny', stages: [], longestSeconds: 0 };
  return { outcome: decision.outcome, stages: decision.stages.map(asRule), longestSeconds: askedSeconds };
}

const asRule = ({ fallback, ...stage }: PolicyDecision['stages'][number]): StageRule => ({
  ...stage,
  fallback: fallback?.to ?? [],
});
