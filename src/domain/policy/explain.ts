import { withFact } from './check/cases.ts';
import { formulaOf, type Value } from './check/formula.ts';
import { limitsOf } from './check/role-limits.ts';
import { casesOf } from './check/solve.ts';
import type { Condition } from './condition.ts';
import { evaluate } from './evaluate.ts';
import type { Facts } from './facts.ts';
import type { Policy, PolicyDecision, Role } from './types.ts';

/** One thing that would have to be different. */
export interface Change {
  /** Such as `request.duration` or `requester.groups["dba"]`. */
  readonly path: string;
  /** Durations in seconds. */
  readonly to: Value;
}

/** What would make a denied request one that can be had. */
export interface WayIn {
  readonly changes: readonly Change[];
  readonly outcome: 'approve' | 'require';
  readonly rule: string;
}

/** Evaluations that a search for a way in may take. */
const MAX_TRIED = 2_000;
const MAX_WAYS = 4;
/** What is easiest to change comes first; a group is joined only with somebody's help. */
const EASE: readonly RegExp[] = [/^request\.duration$/, /^time\./, /^history\./, /^requester\.groups/, /^facts\./];

/**
 * The least that would have to be different for a denied request to be allowed: one fact, or else two. It finds what is written in the
 * conditions as a comparison; none found does not mean that there is no way.
 */
export function waysIn(policy: Policy, role: Role, facts: Facts): readonly WayIn[] {
  if (evaluate(policy, role.key, facts).outcome !== 'deny') return [];
  const changes = possibleChanges(policy, role);
  let tried = 0;
  const attempt = (chosen: readonly Change[]): WayIn | null => {
    tried += 1;
    const changed = chosen.reduce<Facts | null>((now, { path, to }) => (now ? withFact(now, path, to) : null), facts);
    if (!changed) return null;
    const decision = evaluate(policy, role.key, changed);
    if (decision.outcome === 'deny' || tooLong(decision, role, changed)) return null;
    return { changes: chosen, outcome: decision.outcome, rule: decision.rule.name };
  };
  const single = changes.map((change) => attempt([change])).filter((way) => way !== null);
  if (single.length > 0) return distinct(single);
  const pairs: WayIn[] = [];
  for (const [index, first] of changes.entries()) {
    for (const second of changes.slice(index + 1)) {
      if (first.path === second.path || tried >= MAX_TRIED) continue;
      const way = attempt([first, second]);
      if (way) pairs.push(way);
    }
  }
  return distinct(pairs);
}

function tooLong(decision: PolicyDecision, role: Role, facts: Facts): boolean {
  const longest = Math.min(role.duration.maxSeconds, decision.capSeconds ?? Number.POSITIVE_INFINITY);
  return facts.request.durationSeconds > longest;
}

/** One way for each rule and the same facts: of several values that would do, the first. */
function distinct(ways: readonly WayIn[]): WayIn[] {
  const seen = new Set<string>();
  return ways
    .filter(({ rule, changes }) => {
      const key = JSON.stringify([rule, changes.map((change) => change.path)]);
      return seen.has(key) ? false : seen.add(key) !== undefined;
    })
    .slice(0, MAX_WAYS);
}

function possibleChanges(policy: Policy, role: Role): Change[] {
  const conditions: (Condition | null)[] = [...policy.guardrails, ...role.rules].map((each) => each.when);
  const formulas = conditions.map((when) => formulaOf(when?.ast ?? null));
  const ease = (path: string): number => {
    const found = EASE.findIndex((pattern) => pattern.test(path));
    return found === -1 ? EASE.length : found;
  };
  return [...casesOf(formulas, limitsOf(role))]
    .filter(([path]) => ease(path) < EASE.length)
    .flatMap(([path, values]) => [...values].sort(longestFirst).map((to) => ({ path, to })))
    .sort((a, b) => ease(a.path) - ease(b.path));
}

/** Of the times that would do, the longest is worth most. */
const longestFirst = (a: Value, b: Value): number => (typeof a === 'number' && typeof b === 'number' ? b - a : 0);
