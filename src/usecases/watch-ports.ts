import type { ClockSighting } from '../domain/clock-watch.ts';
import type { Drift } from '../domain/drift.ts';
import type { EffectChange, Trouble } from '../domain/effect.ts';
import type { Grant } from '../domain/grant.ts';
import type { HolderDigest } from '../domain/holder-digest.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { GrantStatus } from '../domain/status.ts';

// What the watch over targets keeps: systems, drift, the pause, and leases for targets without locks of their own.

/** An entitlement on a target that Elevate grants or has granted. */
export interface KnownSystem {
  readonly workspaceId: WorkspaceId;
  /** A hash of connector, connection and entitlement. */
  readonly id: string;
  readonly connector: string;
  readonly connectorType: string;
  /** As the policy wrote it: secrets only as `${NAME}` references. */
  readonly connection: Json;
  readonly entitlement: Json;
  /** `targetIdentity/entitlementId`, as `ResolvedAccess` has them; null until the target was asked. */
  readonly entitlementKey: string | null;
  /** When the first, dry run had seen all of it; null: nothing may be taken away there yet. */
  readonly firstRunAt: Date | null;
  readonly lastRunAt: Date | null;
  readonly lastError: string | null;
  /** Since when no run could look at it; null: the last one could. */
  readonly failingSince: Date | null;
  /** When people were told of that; null: not yet. */
  readonly toldAt: Date | null;
  readonly holders: number | null;
}

/** One that no run has looked at yet. */
export type NewSystem = Omit<
  KnownSystem,
  'firstRunAt' | 'lastRunAt' | 'lastError' | 'failingSince' | 'toldAt' | 'holders'
>;

export interface CardRef {
  readonly channelId: string;
  /** Slack's message timestamp, which is the message's id in its channel. */
  readonly ts: string;
}

export interface Pause {
  readonly workspaceId: WorkspaceId;
  readonly pausedAt: Date;
  readonly pausedBy: string;
  readonly reason: string;
  /** When it ends by itself; null: when somebody ends it. */
  readonly untilAt: Date | null;
}

/** A message beside the cards that is kept up to date. */
export interface Posting {
  readonly workspaceId: WorkspaceId;
  readonly key: string;
  readonly ref: CardRef;
  /** Which state it shows; compared, never read. */
  readonly shows: string;
  /** How often it was posted or repeated. */
  readonly times: number;
  readonly postedAt: Date;
}

/** A connection with how many grants rely on it. */
export interface OpenTarget {
  readonly connector: string;
  readonly connectorType: string;
  readonly connection: unknown;
  readonly grants: number;
}

/** What a target says that somebody has by us. */
export interface HeldAccess {
  readonly accessKey: string;
  readonly level: Json;
}

/** A live grant, as little of it as it takes to see whether its access is there. */
export interface ActiveOn {
  readonly id: GrantId;
  readonly subjectId: string;
}

export interface WatchReads {
  /** The systems whose last run is the longest ago come first. */
  knownSystems(limit: number): Promise<readonly KnownSystem[]>;
  knownSystem(id: string): Promise<KnownSystem | null>;
  drift(id: string): Promise<Drift | null>;
  /** Drift of one system that is not closed, in the order in which it was first seen. */
  standingDrift(system: string): Promise<readonly Drift[]>;
  /** Of each access the grants that have not ended and the one that ended last. */
  grantsOn(accessKeys: readonly string[]): Promise<readonly Grant[]>;
  /**
   * Those of these accesses that are not just as granted: on which there is not one open grant and no other, live, at this level or at
   * none that is known, and with no drift.
   */
  notAsGranted(held: readonly HeldAccess[]): Promise<ReadonlySet<string>>;
  /** Who should hold one entitlement by its open grants. What is not just as granted, or is on its way, is not settled. */
  holdersByGrants(entitlementKey: string): Promise<readonly HolderDigest[]>;
  /** How many live grants there are on one entitlement in these buckets (null: in all) that went live before the moment. */
  countActiveOn(entitlementKey: string, buckets: readonly number[] | null, before: Date): Promise<number>;
  /** Live grants on one entitlement in these buckets, by id, behind `after`: only which subject each is for, since there may be very many. */
  activeOnEntitlement(
    entitlementKey: string,
    buckets: readonly number[] | null,
    after: GrantId | null,
    limit: number,
  ): Promise<readonly ActiveOn[]>;
  /** Open grants whose end has a time, by id, behind `after`. */
  grantsWithEnd(after: GrantId | null, limit: number): Promise<readonly Grant[]>;
  /** Grants whose access may exist, by id, behind `after`. */
  grantsThatMayExist(after: GrantId | null, limit: number): Promise<readonly GrantId[]>;
  /** Whoever has, is about to have, or waits for access, by id, behind `after`. */
  holders(after: SlackUserId | null, limit: number): Promise<readonly SlackUserId[]>;
  /** Every connection that an open grant relies on. */
  openTargets(): Promise<readonly OpenTarget[]>;
  /** The revocations that fail on one target (see `targetKeyOf`), with the first `limit` of them. */
  failingOn(target: string, limit: number): Promise<Failing>;
  /** Grants on one target that were closed without proof, and that the target has not told of since. */
  onWordOn(target: string): Promise<OnWord>;
  /** The ids of all of them, page by page, behind `after`. */
  failingIdsOn(target: string, after: GrantId | null, limit: number): Promise<readonly GrantId[]>;
  /** Those of these keys under which something was posted. */
  posted(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** How many live grants should end at this moment, counted up to `limit`: without those whose end fails and is tried again. */
  endsDue(at: Date, limit: number): Promise<number>;
  pause(): Promise<Pause | null>;
  posting(key: string): Promise<Posting | null>;
}

export interface WatchWrites {
  /** Adds what is not there yet; a system that is there stays as it is. */
  knowSystems(systems: readonly NewSystem[]): Promise<void>;
  saveSystem(system: KnownSystem): Promise<void>;
  /** Locked until the transaction ends, so that no two answers about it are both taken. */
  driftForUpdate(id: string): Promise<Drift | null>;
  saveDrift(drift: Drift): Promise<void>;
  /** null ends the pause. */
  savePause(pause: Pause | null): Promise<void>;
  savePosting(posting: Posting): Promise<void>;
}

// ───────────────────────────────────────────── leases

export interface Lease {
  readonly key: string;
  /** A decimal number that rises with every taking. Where a target can refuse older writers, this is what it compares. */
  readonly fence: string;
  /** When the latest call was sent whose outcome nobody knows; null: every call of ours has had its answer. */
  readonly unsettledSince: Date | null;
}

/** Leases on accesses of targets that have no locks. `until` runs on real database time; `unsettledSince` on the clock with its offset. */
export interface Leases {
  /** null: somebody else holds it. */
  take(key: string, milliseconds: number): Promise<Lease | null>;
  /**
   * Notes that a call is about to be sent, and makes the lease last at least so long from now. false: the lease was lost, and the
   * call must not be sent.
   */
  beginCall(lease: Lease, milliseconds: number): Promise<boolean>;
  /** The call had its answer. What was unsettled before it still is. */
  settleCall(lease: Lease): Promise<void>;
  /** Frees it for the next. */
  release(lease: Lease): Promise<void>;
}

// ───────────────────────────────────────────── the database itself

/** What tells a database from its older self, in the words of PostgreSQL; null where it may not be asked. */
export interface DatabaseIdentity {
  readonly systemIdentifier: string | null;
  readonly timeline: string | null;
  readonly database: string;
  /** The oid of a table: it is another one after a dump was restored. */
  readonly table: string;
}

/** What a look at the database finds, and what the look before it left there. */
export interface DatabaseSight {
  readonly is: DatabaseIdentity;
  readonly was: DatabaseIdentity | null;
  /** By the clock that deadlines go by. */
  readonly now: Date;
  /** `Clock.passedMs` of that moment. */
  readonly passedMs: number;
  readonly seen: ClockSighting | null;
  /** How many audit events there are. */
  readonly events: number;
  /** The time of the latest event of a workspace, the latest of these; null: there is none. */
  readonly newestEventAt: Date | null;
}

/** What is to be kept of a look, in the same transaction. */
export interface DatabaseVerdict {
  readonly sighting: ClockSighting;
  /** For every workspace. */
  readonly effects: (workspace: WorkspaceId) => readonly EffectChange[];
  /** The next run on every system is dry again. */
  readonly forgetsFirstRuns: boolean;
  /** What failed and waits for its next try, and whoever watches, goes at once: its time was told by a clock that went back. */
  readonly hurries: boolean;
}

export interface DatabaseWatch {
  /**
   * Looks at the database and keeps what `judge` makes of it, one look at a time: what one process finds, no other one finds again,
   * and what follows from it is not lost with the process.
   */
  look(judge: (sight: DatabaseSight) => DatabaseVerdict): Promise<void>;
  /** Every workspace that anything is known of. */
  workspaces(): Promise<readonly WorkspaceId[]>;
  /** For the metrics: counts over all workspaces. */
  counts(): Promise<{
    readonly overdue: number;
    readonly oldestOverdueSeconds: number;
    readonly byStatus: { readonly [status in Exclude<GrantStatus, 'ended'>]: number };
    readonly unverified: number;
    readonly drift: number;
    readonly pauses: number;
  }>;
}

// ───────────────────────────────────────────── on the screen

export interface AlertView {
  /** How often it was told before; 0: the first time. */
  readonly repeat: number;
  /** Groups that own the resource and administer, for people to know whom to ask. */
  readonly owners: readonly string[];
  /** Who is in those groups now, as far as that can be looked up, without the holder. */
  readonly people: readonly SlackUserId[];
  /** Groups to which it was escalated by now; theirs are among the people. */
  readonly escalated: readonly string[];
  /** Who is told next, and when; null: nobody else. */
  readonly next: { readonly groups: readonly string[]; readonly at: Date } | null;
  /** It was closed on somebody's word, and the target has told since: it is gone, or was still there; absent: neither. */
  readonly word?: 'right' | 'wrong';
  /** The card of the request; absent: there is none. */
  readonly card?: CardRef;
  /** What became of the access where its grant has ended; null: it has not, or nobody knows. */
  readonly ended: HowEnded | null;
}

/** As the audit has it; see `grant.ended`. */
export interface HowEnded {
  readonly keptFor: string | null;
  readonly called: boolean;
  readonly stillGivenBy: readonly string[];
}

/** Revocations that fail on one target: each was tried at least once since it began. */
export interface Failing {
  readonly total: number;
  /** Of them, those that trying again will not mend. */
  readonly permanent: number;
  /** Since when the first of them should be gone. */
  readonly since: Date | null;
  readonly lastTriedAt: Date | null;
  /** What the target answers, the most frequent first. */
  readonly errors: readonly { readonly error: string; readonly grants: number }[];
  /** The first of them: the most privileged first, then by lateness. */
  readonly grants: readonly Grant[];
}

/** Grants on one target that were closed on somebody's word, and that the target has not told of since. */
export interface OnWord {
  readonly total: number;
  /** '' where there are none. */
  readonly connector: string;
}

/** One alarm for all revocations that fail on one target. */
export interface AlarmView {
  /** As `targetKeyOf` has it. */
  readonly target: string;
  readonly connector: string;
  readonly failing: Failing;
  readonly named: readonly { readonly grant: Grant; readonly request: AccessRequest }[];
  readonly alert: AlertView;
  readonly now: Date;
}

export interface DriftView {
  readonly system: KnownSystem;
  /** What waits for somebody, then the rest that still stands. */
  readonly drifts: readonly Drift[];
  readonly paused: boolean;
  readonly now: Date;
}

export type SecurityNotice =
  | { readonly notice: 'reconciler_paused'; readonly pause: Pause; readonly now: Date }
  | { readonly notice: 'reconciler_resumed' }
  /** Elevate's own database does not answer, by the process's own clock. */
  | { readonly notice: 'database_away'; readonly since: Date }
  | { readonly notice: 'database_back'; readonly since: Date; readonly now: Date }
  /** Some systems of a target cannot be looked at; none: all of them can be again. */
  | {
      readonly notice: 'reconciler_blind';
      readonly blind: { readonly connector: string; readonly systems: readonly KnownSystem[] };
    }
  /** Of the database or its clock. */
  | { readonly notice: 'trouble'; readonly trouble: Trouble }
  | {
      readonly notice: 'channel_fails';
      readonly channel: string;
      readonly what: 'cards' | 'timelines';
      readonly problem: string;
    }
  | { readonly notice: 'channel_works'; readonly channel: string; readonly what: 'cards' | 'timelines' };
