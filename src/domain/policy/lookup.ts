/** Why nobody can say who a stage, or another right, belongs to. It is stored with what came of it. */
export type LookupFailure =
  /** The directory knows no manager of the requester. */
  | { readonly kind: 'no_manager' }
  /** The policy has no such group. */
  | { readonly kind: 'no_group'; readonly group: string }
  /** `group`: its name, or 'manager'. `detail`: the answer of Slack or a provider, as it came. `lasting`: a person must act first. */
  | { readonly kind: 'unanswered'; readonly group: string; readonly detail: string; readonly lasting: boolean };

/** Whether asking again may help. */
export const passes = (failure: LookupFailure): boolean => failure.kind === 'unanswered' && !failure.lasting;

/** The one to tell of several: one that passes, since with it the answer may be another; null: there is none. */
export const worthTelling = (failures: readonly LookupFailure[]): LookupFailure | null =>
  failures.find(passes) ?? failures[0] ?? null;
