import type { Json } from '../json.ts';
import type { Condition } from './condition.ts';
import type { ConditionContext } from './context.ts';
import { isUnavailable } from './facts.ts';
import type { DutySet, Role } from './types.ts';
import { CelVariables } from './variables.ts';

/** Longer errors are cut: they are stored with every decision. */
const MAX_ERROR_LENGTH = 300;

/** What a condition came to. `unknown` only where the context hides facts: it may still go either way. */
export type Judgement =
  | { readonly verdict: 'matched' | 'not_matched' | 'unknown'; readonly error: null }
  | { readonly verdict: 'error'; readonly error: string };

/** Reads conditions in one context. */
export class Judge {
  readonly context: ConditionContext;
  readonly #variables: CelVariables;

  constructor(context: ConditionContext) {
    this.context = context;
    this.#variables = new CelVariables(context);
  }

  /** No condition always holds. Never throws. */
  condition(when: Condition | null): Judgement {
    if (when === null) return MATCHED;
    const { probe } = this.context;
    if (probe) probe.touched = false;
    try {
      const value = when.evaluate(this.#variables);
      if (value === true) return MATCHED;
      if (value === false) return NOT_MATCHED;
      return { verdict: 'error', error: 'the condition gave neither yes nor no' };
    } catch (error) {
      // What was thrown may depend on a hidden fact as soon as one was asked for. A value, in contrast, never does: CEL gives one
      // only where it is the same whatever the hidden fact is.
      if (probe?.touched) return UNKNOWN;
      return { verdict: 'error', error: errorText(error) };
    }
  }

  values(when: Condition | null): { [path: string]: Json } {
    const values: { [path: string]: Json } = {};
    for (const read of when?.reads ?? []) values[read.path] = read.value(this.context);
    return values;
  }

  /** Whether the person holds another role of the set now (POLICY.md, separation of duties). */
  duty(set: DutySet, role: Role): Judgement {
    const { history } = this.context.facts;
    if (isUnavailable(history))
      return { verdict: 'error', error: `history could not be looked up: ${history.unavailable}` };
    const others = set.roles.filter((key) => key !== role.key && history.activeRoles.includes(key));
    return others.length > 0 ? MATCHED : NOT_MATCHED;
  }
}

const MATCHED: Judgement = { verdict: 'matched', error: null };
const NOT_MATCHED: Judgement = { verdict: 'not_matched', error: null };
const UNKNOWN: Judgement = { verdict: 'unknown', error: null };

/** The sentence of an error. The CEL library adds a picture of the place behind it, which the trace does without. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? '').slice(0, MAX_ERROR_LENGTH);
}
