import type { NewAuditEvent } from './audit.ts';
import type { EffectChange } from './effect.ts';
import type { Refusal } from './refusal.ts';

/** What a state machine answers: the new state with everything that follows from it, or why not. Nothing has happened yet. */
export type Transition<State> =
  | {
      readonly ok: true;
      readonly state: State;
      readonly events: readonly NewAuditEvent[];
      readonly effects: readonly EffectChange[];
    }
  | { readonly ok: false; readonly refusal: Refusal };
