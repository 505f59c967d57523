import type { Facts } from './facts.ts';
import type { Labels, ProvidedFactType, Risk } from './labels.ts';

/** What conditions may know of the role that is asked for. A `Role` of a policy has this form. */
export interface RoleFacts {
  readonly key: string;
  readonly name: string;
  readonly risk: Risk;
  readonly labels: Labels;
  readonly resource: { readonly name: string; readonly environment: string; readonly labels: Labels };
}

/**
 * Facts that are not known yet, by path, such as `request.duration` before a form is filled in. Reading one throws and is
 * remembered, so that an answer that depends on it can be told from one that does not.
 */
export interface Probe {
  readonly hidden: ReadonlySet<string>;
  touched: boolean;
}

/** Everything that the conditions of one evaluation read. */
export interface ConditionContext {
  readonly facts: Facts;
  readonly role: RoleFacts;
  readonly factTypes: ReadonlyMap<string, ProvidedFactType>;
  readonly probe: Probe | null;
}
