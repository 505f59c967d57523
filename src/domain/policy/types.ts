import type { PolicyVersion, RoleKey } from '../ids.ts';
import type { Condition } from './condition.ts';
import type { StageWait } from './decision.ts';
import type { Weekday } from './facts.ts';
import type { Labels, ProvidedFactType, Risk } from './labels.ts';
import type { Location } from './location.ts';

export type { PolicyDecision, RuleKind, RuleVerdict, Stage, StageFallback, StageWait } from './decision.ts';

/** A whole checked policy, its conditions compiled. It never changes after it was made. */
export interface Policy {
  readonly version: PolicyVersion;
  /** The content the version is the hash of: `policyFromCanonical` makes the same policy of it. */
  readonly canonical: string;
  /** IANA zone in which `time` is read. */
  readonly timezone: string;
  readonly businessHours: BusinessHours;
  readonly defaults: PolicyDefaults;
  /** Groups whose members may revoke, see and pause everything. */
  readonly admins: readonly string[];
  readonly channels: PolicyChannels;
  readonly alerts: PolicyAlerts;
  readonly groups: ReadonlyMap<string, Group>;
  readonly managers: ManagerSource | null;
  readonly onCallProviders: ReadonlyMap<string, OnCallProvider>;
  readonly factProviders: ReadonlyMap<string, FactProvider>;
  /** Every fact that a provider declares, by its name in conditions. */
  readonly factTypes: ReadonlyMap<string, ProvidedFactType>;
  readonly connectors: ReadonlyMap<string, ConnectorConfig>;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly roles: ReadonlyMap<RoleKey, Role>;
  readonly guardrails: readonly Guardrail[];
  readonly separationOfDuties: readonly DutySet[];
}

export interface BusinessHours {
  readonly days: readonly Weekday[];
  /** Minutes since midnight; the day's office hours are `from <= now < to`. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** YYYY-MM-DD; office hours do not happen on them. */
  readonly holidays: readonly string[];
}

export interface PolicyDefaults {
  readonly requestTtlSeconds: number;
  readonly provisioningWindowSeconds: number;
  /** `#name` or a channel id; null: every role's own or its resource's counts. */
  readonly channel: string | null;
}

/** How a revocation that fails is told for as long as it does. */
export interface PolicyAlerts {
  readonly repeatSeconds: number;
  /** Who else is told once it has failed for so long; the soonest first. */
  readonly escalate: readonly EscalationStep[];
}

export interface EscalationStep {
  readonly afterSeconds: number;
  readonly to: readonly string[];
}

export interface PolicyChannels {
  /** Where failed revocations and break-glass are told. */
  readonly security: string | null;
  /** Where the timelines of requests stand that name no other channel; null: under their cards. */
  readonly audit: string | null;
}

/** `delegate`: whether its members may hand their approvals to somebody while they are away. */
export type Group = { readonly delegate: boolean } & GroupSource;

type GroupSource =
  /** `handle` is a Slack user group's handle without @, or its id. */
  | { readonly kind: 'slack_usergroup'; readonly handle: string }
  /** `emails` are lower-case and sorted. */
  | { readonly kind: 'members'; readonly emails: readonly string[] }
  /** `provider` is a key of `Policy.onCallProviders`. */
  | { readonly kind: 'on_call'; readonly provider: string; readonly schedule: string };

/** Where a person's manager is read: a Slack profile field (its id), or a map from email to the manager's email. */
export type ManagerSource =
  | { readonly kind: 'slack_profile_field'; readonly field: string }
  | { readonly kind: 'map'; readonly managers: ReadonlyMap<string, string> };

/** `headers` and `url` hold secrets only as `${NAME}` references. */
export interface OnCallProvider {
  readonly name: string;
  readonly type: 'pagerduty' | 'http';
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly timeoutSeconds: number;
  readonly cacheSeconds: number;
}

export interface FactProvider {
  readonly name: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly timeoutSeconds: number;
  readonly cacheSeconds: number;
  /** Largest answer that is read. */
  readonly maxBytes: number;
  /** Fact name -> its type. */
  readonly facts: ReadonlyMap<string, ProvidedFactType>;
}

export interface ConnectorConfig {
  readonly name: string;
  readonly type: string;
  /** As the policy wrote it, without `type`; accepted by the connector's own schema. Secrets are `${NAME}` references. */
  readonly connection: unknown;
}

export interface Resource {
  readonly name: string;
  readonly title: string;
  readonly connector: string;
  readonly environment: string;
  readonly owners: readonly string[];
  readonly channel: string | null;
  readonly auditChannel: string | null;
  readonly labels: Labels;
}

/** One role of one resource: what may be asked for. Everything that defaults has been filled in. */
export interface Role {
  readonly key: RoleKey;
  /** The part behind the slash. */
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly resource: Resource;
  readonly connector: ConnectorConfig;
  /** What the connector's entitlement schema made of it. */
  readonly entitlement: unknown;
  readonly risk: Risk;
  readonly labels: Labels;
  /** Gives the requester's name on the target; see `subjectFor`. */
  readonly subject: Condition;
  readonly duration: { readonly defaultSeconds: number; readonly maxSeconds: number };
  readonly reason: { readonly minLength: number };
  readonly ticket: TicketRule;
  /** Whether sessions that are still open are ended with the access. */
  readonly endSessions: boolean;
  readonly instructions: string | null;
  /** End the access when nobody used it for so long; null: never. */
  readonly unusedAfterSeconds: number | null;
  /** The requester starts it within so long after the approval; null: it begins at once. */
  readonly startWithinSeconds: number | null;
  /** How often one grant may be extended; 0: never. */
  readonly extensions: { readonly max: number };
  /** Roles that an approver may give instead; null: those of the same resource with a lower risk. */
  readonly narrower: readonly RoleKey[] | null;
  /** How often people are told that one request waits. */
  readonly reminders: { readonly max: number };
  readonly rules: readonly Rule[];
  readonly breakGlass: BreakGlass | null;
  /** The sets of roles that this one is in. */
  readonly duties: readonly DutySet[];
  /** The role's own, or the resource's, or the default. */
  readonly channel: string;
  /** Where the timelines of its requests stand: the role's own, or the resource's, the environment's or the default; null: under their cards. */
  readonly auditChannel: string | null;
  /** Groups: the role's own, or the resource's. */
  readonly owners: readonly string[];
  readonly requestTtlSeconds: number;
  readonly provisioningWindowSeconds: number;
  readonly location: Location | null;
}

export interface TicketRule {
  readonly required: boolean;
  /** RE2 syntax, as the policy wrote it; null: any text will do. */
  readonly pattern: string | null;
  /** A ticket as people write it; null: the policy gives none. */
  readonly example: string | null;
  /** Whether the text is a ticket by the pattern. Takes time linear in its length. */
  readonly accepts: (ticket: string) => boolean;
}

/** A place that `approvals` distinct people of `from` must fill, as the policy writes it. */
export interface StageRule {
  readonly approvals: number;
  /** Group names, 'manager' or 'owners'. */
  readonly from: readonly string[];
  readonly selfAllowed: boolean;
  /** null: nothing but the usual reminder, and the end of the request. */
  readonly wait: StageWait | null;
  /** Who is asked too where these cannot fill it: the stage's own, or the role's, or the default; empty: nobody. */
  readonly fallback: readonly string[];
}

export interface Rule {
  readonly name: string;
  /** From 0, in the role. */
  readonly index: number;
  /** null: always holds. */
  readonly when: Condition | null;
  readonly then:
    | { readonly kind: 'approve' }
    | { readonly kind: 'deny' }
    | { readonly kind: 'require'; readonly stages: readonly StageRule[] };
  readonly message: string | null;
  readonly location: Location | null;
}

export interface Guardrail {
  readonly name: string;
  readonly index: number;
  readonly when: Condition | null;
  readonly then:
    | { readonly kind: 'deny' }
    /** At least one of the two is there. */
    | { readonly kind: 'limit'; readonly capSeconds: number | null; readonly stages: readonly StageRule[] };
  readonly message: string | null;
  readonly location: Location | null;
}

/** Roles of which one person holds at most one. */
export interface DutySet {
  readonly name: string;
  readonly index: number;
  readonly roles: readonly RoleKey[];
  readonly message: string | null;
  readonly location: Location | null;
}

/** Access at once, without approval, with a review behind it. */
export interface BreakGlass {
  /** Groups whose members may use it. */
  readonly who: readonly string[];
  readonly maxSeconds: number;
  /** Groups that are told at once. */
  readonly notify: readonly string[];
  readonly reviewWithinSeconds: number;
}
