import type { Json } from '../json.ts';
import type { Location } from './location.ts';
import type { LookupFailure } from './lookup.ts';

/** What the policy says to one request, with everything that led to it: plain JSON, stored with the request. */
export interface PolicyDecision {
  /** `require`: the stages ask people. `approve`: nobody is asked, and `stages` is empty. */
  readonly outcome: 'approve' | 'deny' | 'require';
  /** What decided. With `require`, the role's rule even where only a guardrail added the stages. */
  readonly rule: DecidingRule;
  /** The policy's own words to the requester, where it has some. */
  readonly message: string | null;
  /** In the order in which they are asked; those that guardrails added come last. */
  readonly stages: readonly Stage[];
  /** The lowest cap that holds for this request, below or above the role's own maximum; null: none. */
  readonly capSeconds: number | null;
  /** Which guardrail (or break-glass) set `capSeconds`. */
  readonly cappedBy: string | null;
  /** Every rule in the order of evaluation: guardrails, separation of duties, then the role's rules. */
  readonly trace: readonly RuleVerdict[];
}

/** `default`: no rule matched, or there is no such role. */
export type RuleKind = 'guardrail' | 'separation_of_duties' | 'rule' | 'break_glass' | 'default';

export interface DecidingRule {
  readonly name: string;
  readonly kind: RuleKind;
  /** Its place among its kind, from 0; null for `default` and `break_glass`. */
  readonly index: number | null;
  /** null where the policy came from its canonical content. */
  readonly location: Location | null;
}

/** What happens while nobody decides in a stage. Times count from the moment it is asked. */
export interface StageWait {
  /** The request is over then; null: when it would be anyway. */
  readonly withinSeconds: number | null;
  /** Its approvers are reminded then; null: halfway to what comes next. */
  readonly remindAfterSeconds: number | null;
  /** Those of `escalateTo` are asked too; null: halfway to the end. */
  readonly escalateAfterSeconds: number | null;
  /** As `from`; empty: nobody. */
  readonly escalateTo: readonly string[];
}

/** Whom the policy asks where the people of a stage cannot fill it when the request is made. */
export interface StageFallback {
  /** As `from`. */
  readonly to: readonly string[];
  /** Why they were needed, and `from` has them too; null: they were not. */
  readonly used: {
    /** How many people were missing. */
    readonly missing: number;
    /** The first group that could not be looked up, with why. */
    readonly unavailable: LookupFailure | null;
  } | null;
}

/** N distinct people of a union of groups, as a request waits for them. */
export interface Stage {
  /** At least 1. */
  readonly approvals: number;
  /** Group names, 'manager' (the requester's) or 'owners' (of the role). */
  readonly from: readonly string[];
  /** Whether the requester may fill a place here, being in `from`. Never true in a stage that a guardrail added. */
  readonly selfAllowed: boolean;
  readonly wait: StageWait | null;
  /** null: a request that cannot be decided by `from` is refused. */
  readonly fallback: StageFallback | null;
  readonly addedBy: { readonly kind: 'rule' | 'guardrail'; readonly name: string };
}

/**
 * `matched` and `not_matched`: the condition was read. `error`: it could not be, with why in `error`; `applied` tells what that
 * meant. `not_reached`: something before it had decided.
 */
export type Verdict = 'matched' | 'not_matched' | 'error' | 'not_reached';

export interface RuleVerdict {
  readonly kind: RuleKind;
  readonly name: string;
  readonly index: number | null;
  readonly verdict: Verdict;
  /** What the rule says when it holds. */
  readonly effect: 'approve' | 'deny' | 'require' | 'limit';
  /** Whether the rule took effect: matched, or an error that counts against the requester. */
  readonly applied: boolean;
  /** The condition's text; null: it always holds. */
  readonly condition: string | null;
  /** What the condition could read, by path, such as `requester.groups["dba"]`; an unavailable fact as `{ unavailable }`. */
  readonly values: { readonly [path: string]: Json };
  readonly error: string | null;
  readonly location: Location | null;
}
