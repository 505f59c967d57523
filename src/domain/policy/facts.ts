/**
 * Everything a decision is made from, as plain JSON: gathered before the evaluation, stored beside the decision, and read
 * again years later. Nothing in here comes from the policy (role and resource do, by the version that decides).
 */
export interface Facts {
  /** ISO 8601 in UTC: the moment the question was asked. */
  readonly at: string;
  readonly requester: RequesterFacts;
  readonly request: RequestFacts;
  /** `at` in the policy's timezone; see `timeFacts`. */
  readonly time: TimeFacts;
  /** What the person holds and was given before, read under the person's lock. */
  readonly history: Known<HistoryFacts>;
  /** The facts that the policy's fact providers declare, by name; none: `{}`. */
  readonly provided: { readonly [name: string]: Known<boolean | number | string> };
}

/** A fact that could not be gathered, and why. It is an error wherever it is read, never an empty value (POLICY.md 9). */
export type Unavailable = {
  readonly unavailable: string;
  /** To ask again does not help: a person must act first. */
  readonly lasting?: true;
};

export type Known<T> = T | Unavailable;

export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'unavailable' in value && typeof value.unavailable === 'string';
}

export interface RequesterFacts {
  /** The Slack user id. */
  readonly id: string;
  readonly email: Known<string>;
  readonly name: string;
  /**
   * For every group that the policy names: whether the person is a member now. A group that is missing here was not
   * looked up, which is an error for a condition that asks for it, as one that is unavailable.
   */
  readonly groups: { readonly [group: string]: Known<boolean> };
  /** The manager's email address; null: the directory says there is none. */
  readonly manager: Known<string | null>;
  /** IANA zone, such as Europe/Berlin. */
  readonly timezone: string;
}

export interface RequestFacts {
  readonly durationSeconds: number;
  readonly ticket: string | null;
  readonly reason: string;
  /** Whether it asks for more time on a grant that is live. */
  readonly extension: boolean;
  readonly breakGlass: boolean;
  /** The Slack channel id it was asked in; null: outside of a channel. */
  readonly channel: string | null;
}

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface TimeFacts {
  /** 0 to 23. */
  readonly hour: number;
  /** 0 to 59. */
  readonly minute: number;
  readonly weekday: Weekday;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly businessHours: boolean;
}

export interface HistoryFacts {
  /** Grants of the person that have not ended, the scheduled ones included. */
  readonly activeGrants: number;
  /** Their roles, as `resource/role`. */
  readonly activeRoles: readonly string[];
  /** Grants made since midnight in the policy's timezone. */
  readonly grantsToday: number;
  /** Whole minutes since the latest grant ended; null: there was none. */
  readonly minutesSinceLast: number | null;
}
