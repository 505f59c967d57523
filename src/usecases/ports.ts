import type { z } from 'zod';
import type { StageVoters } from '../domain/approval.ts';
import type { AuditEvent, NewAuditEvent } from '../domain/audit.ts';
import type { Delegation } from '../domain/delegation.ts';
import type { DisallowedGrant } from '../domain/disallowed-grant.ts';
import type { Effect, EffectChange, EffectKind, NoticeName } from '../domain/effect.ts';
import type { Grant, ResolvedAccess } from '../domain/grant.ts';
import type { HolderDigest } from '../domain/holder-digest.ts';
import type { GrantId, PolicyVersion, RequestId, RoleKey, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Person, PersonRef } from '../domain/person.ts';
import type { Facts, Unavailable } from '../domain/policy/facts.ts';
import type { FactProvider, Policy, Role } from '../domain/policy/types.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { HomeReads } from './home-ports.ts';
import type {
  AlarmView,
  AlertView,
  CardRef,
  DatabaseWatch,
  DriftView,
  Leases,
  OnWord,
  SecurityNotice,
  WatchReads,
  WatchWrites,
} from './watch-ports.ts';

export type { CardRef };

// ───────────────────────────────────────────── outages

export type OutageKind = 'transient' | 'permanent' | 'unknown_outcome';

/**
 * What an adapter throws when the world outside failed it. `transient`: nothing happened, try again. `permanent`: trying again
 * the same way is useless, a person must act. `unknown_outcome`: it may or may not have happened. The message is for people
 * and never holds a secret.
 */
export class Outage extends Error {
  readonly kind: OutageKind;
  /** When the other side said how long to wait. */
  readonly retryAfterSeconds: number | null;
  /** It is the channel that takes nothing, until a person puts it right. */
  readonly ofChannel: boolean;

  constructor(
    kind: OutageKind,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number; ofChannel?: boolean } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'Outage';
    this.kind = kind;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.ofChannel = options.ofChannel ?? false;
  }
}

// ───────────────────────────────────────────── clock and ids

/**
 * Deadlines compare with the database's clock plus this offset. In production it is 0; tests move it and nothing sleeps.
 * Real time (signatures, timeouts, leases) does not come from here.
 */
export interface Clock {
  offsetMs(): number;
  /** How much of the offset stands for time that passed, for everybody. The rest is a clock that is wrong. */
  passedMs(): number;
}

/** No offset: production runs on the database's clock as it is. */
export const REAL_TIME: Clock = { offsetMs: () => 0, passedMs: () => 0 };

export interface Ids {
  request(): RequestId;
  grant(): GrantId;
}

// ───────────────────────────────────────────── store

/** The two messages that a request may have: where people decide, and the head of its timeline in an audit channel. */
export type CardPlace = 'decision' | 'audit';

/** A message about a request: to one person, or to the security channel. */
export type NoticeKind = NoticeName | 'break_glass_alert';

/** A message on which something can be pressed, or that says what can stop being true. */
export interface OpenNotice {
  readonly requestId: RequestId;
  readonly workspaceId: WorkspaceId;
  readonly ref: CardRef;
  readonly notice: NoticeKind;
  /** What it offered when it was drawn. */
  readonly shows: string;
}

/** Where a card of a request stands and what it shows. */
export interface Card {
  readonly requestId: RequestId;
  readonly place: CardPlace;
  readonly workspaceId: WorkspaceId;
  /** null until it was posted. */
  readonly ref: CardRef | null;
  /** Which state it shows: the versions of request and grant, and who may decide; null until it was posted. */
  readonly shows: string | null;
  /** How many audit events of the request its thread tells already. */
  readonly eventsTold: number;
  /** The position of the event whose line was begun: as long as that stands, nobody knows whether it arrived. null: none was. */
  readonly lineBegun: number | null;
  /** How often it was posted, or may have been: after more than once another one may stand there. */
  readonly posted: number;
}

/** One message of a request, and where the other one stands; null: nowhere yet, or there is none. */
export interface CardSite {
  readonly place: CardPlace;
  readonly other: CardRef | null;
  /** It was posted before: that one was deleted, or nobody knows whether it stands there. */
  readonly again: boolean;
}

/**
 * What a thread tells: `timeline` everything, for those who see the card above it; `record` everything, to be read alone and a year
 * later; `calls` what asks people for something, since the record is elsewhere.
 */
export type ThreadKind = 'timeline' | 'record' | 'calls';

/** The place of a line in its thread. */
export interface LinePlace {
  readonly kind: ThreadKind;
  /** Counts the lines from 1. */
  readonly number: number;
  /** It was begun before, and may stand there already. */
  readonly again: boolean;
}

/** What was there before us, for one access; noted before the first call and never rewritten while a grant is open there. */
export interface HoldingNote {
  readonly accessKey: string;
  readonly workspaceId: WorkspaceId;
  readonly before: Holding;
  readonly notedAt: Date;
  readonly notedFor: GrantId;
}

/** The same thing that happens to many grants. It is over when it happens to none for a minute. */
export interface Wave {
  readonly topic: string;
  /** Counts the waves of the topic from 1. */
  readonly number: number;
  readonly startedAt: Date;
  readonly latestAt: Date;
  readonly grants: number;
}

/** What a person holds and held. */
export interface History {
  /** How many grants of each role have not ended. */
  readonly open: ReadonlyMap<string, number>;
  /** How many were given since the moment that was asked about. */
  readonly grantsSince: number;
  /** When the latest ended; null: none ever. */
  readonly lastEndedAt: Date | null;
}

/** Reads that a use case needs; each returns domain values, or null where there is none. */
export interface Reads extends WatchReads, HomeReads {
  request(id: RequestId): Promise<AccessRequest | null>;
  requestByOrigin(origin: string): Promise<AccessRequest | null>;
  grant(id: GrantId): Promise<Grant | null>;
  grantOfRequest(id: RequestId): Promise<Grant | null>;
  pendingRequestsOf(person: SlackUserId): Promise<readonly AccessRequest[]>;
  /** Waiting requests of the workspace, oldest first. */
  pendingRequests(limit: number): Promise<readonly AccessRequest[]>;
  /** A page of the waiting requests of the workspace in the order of their ids, behind the given one. */
  pendingPage(after: RequestId | null, limit: number): Promise<readonly AccessRequest[]>;
  /** Every grant of the person that has not ended. */
  openGrantsOf(person: SlackUserId): Promise<readonly Grant[]>;
  /** Open grants of one role, oldest first. */
  openGrantsOfRole(role: RoleKey, limit: number): Promise<readonly Grant[]>;
  /** The person's latest requests, whatever became of them, newest first; without those that the policy refused at once. */
  recentRequestsOf(person: SlackUserId, limit: number): Promise<readonly AccessRequest[]>;
  /** How many kept requests of the person the policy refused at once since the moment. */
  refusalsOf(person: SlackUserId, since: Date): Promise<number>;
  /** Grants on the same access that have not ended, whoever asked for them. */
  openGrantsOn(accessKey: string): Promise<readonly Grant[]>;
  /** Whether another workspace of the same database has a grant on it that has not ended, or that is over without proof. */
  isOpenElsewhere(accessKey: string): Promise<boolean>;
  /** What limits are decided from. `except` counts neither as open nor as given. */
  historyOf(person: SlackUserId, since: Date, except?: GrantId): Promise<History>;
  /** Everybody who said that they are away, also those whose time is over. */
  delegations(): Promise<readonly Delegation[]>;
  /** The ids of the grants on these accesses that have not ended, by access. */
  openIdsOn(accessKeys: readonly string[]): Promise<ReadonlyMap<string, readonly GrantId[]>>;
  /** Waiting requests that ask more time for one of these grants. */
  pendingExtensionsOf(grants: readonly GrantId[]): Promise<readonly RequestId[]>;
  /** Where the cards of these requests stand. */
  channelsOf(requests: readonly RequestId[]): Promise<ReadonlyMap<RequestId, string>>;
  /** Messages about the request on which something can be pressed, oldest first. */
  openNotices(id: RequestId): Promise<readonly OpenNotice[]>;
  /** The latest wave of a topic. */
  wave(topic: string): Promise<Wave | null>;
  card(id: RequestId, place: CardPlace): Promise<Card | null>;
  note(accessKey: string): Promise<HoldingNote | null>;
  /**
   * Those of these accesses that only one open grant is on, which is `revoking`, and before which nothing of ours is noted to have been
   * there. All of it as of one moment: whoever ends the grant beside us takes the note along.
   */
  plainlyEnding(accessKeys: readonly string[]): Promise<ReadonlySet<string>>;
  /** The audit events of one request and its grant, oldest first; with `after`, only those behind the first `after` ones. */
  eventsOf(id: RequestId, after?: number): Promise<readonly AuditEvent[]>;
}

/** Everything one step changes. It is saved whole or not at all. */
export interface Change {
  readonly requests?: readonly AccessRequest[];
  readonly grants?: readonly Grant[];
  readonly events?: readonly NewAuditEvent[];
  readonly effects?: readonly EffectChange[];
}

/** One database transaction. Rows read through it with a `ForUpdate` are locked until it ends. */
export interface Tx extends Reads, WatchWrites {
  /** The database's clock at the transaction's start, plus the clock's offset. */
  readonly now: Date;
  /** The same clock at this moment: behind a lock that was waited for, `now` may be long past. */
  time(): Promise<Date>;
  requestForUpdate(id: RequestId): Promise<AccessRequest | null>;
  grantForUpdate(id: GrantId): Promise<Grant | null>;
  /** Whoever keeps or drops the note of one of these accesses waits until the transaction ends. */
  lockNotes(accessKeys: readonly string[]): Promise<void>;
  /** The effect as it is scheduled now under this one's key, locked; null: it is not, or it was done. */
  pendingForUpdate(effect: Effect): Promise<Effect | null>;
  /** Those of them that there are, locked in the order of their ids. One that cannot be read is left out. */
  grantsForUpdate(ids: readonly GrantId[]): Promise<readonly Grant[]>;
  /**
   * Saves. Each request and grant carries the version it was read with (0: new); the stored one becomes version + 1. A version that is
   * not the stored one makes the transaction throw `Conflict` at its end, and nothing of it stays. It does not wait for the database:
   * whatever is asked behind it travels with it, and sees what was saved.
   */
  save(change: Change): Promise<void>;
  /** Keeps a note unless there is one for the access already; returns the one that stands. */
  keepNote(note: HoldingNote): Promise<HoldingNote>;
  dropNotes(accessKeys: readonly string[]): Promise<void>;
  saveCard(card: Card): Promise<void>;
  /** In place of what was kept of the same message before. */
  keepNotice(notice: OpenNotice): Promise<void>;
  dropNotice(ref: CardRef): Promise<void>;
  /** In place of what the person said before. */
  saveDelegation(delegation: Delegation): Promise<void>;
  /** Adds to the wave that the topic is in the middle of, or begins the next one. */
  addToWave(topic: string, grants: number): Promise<Wave>;
}

/** Somebody else saved the same row in between. The use case runs again on what is there now. */
export class Conflict extends Error {
  constructor(what: string) {
    super(`${what} was changed by somebody else in the meantime`);
    this.name = 'Conflict';
  }
}

export interface TransactionOptions {
  /** Serialises everything that decides about one person: five requests at once must not all pass a limit of two. */
  readonly lockPerson?: SlackUserId;
  /** This grant is locked and read with the very first statement: `grantForUpdate` of it then costs no way of its own. */
  readonly lockGrant?: GrantId;
}

export interface Store {
  /**
   * Runs `work` in one transaction of one workspace. A `Conflict`, a deadlock or a serialisation failure runs it again (at
   * most 5 times); anything else rolls back and is thrown. After the commit, listeners of `onCommit` hear of scheduled effects.
   */
  transaction<T>(workspace: WorkspaceId, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Reads outside a transaction. */
  reads(workspace: WorkspaceId): Reads;
  /** The database's clock plus the offset. */
  now(): Promise<Date>;
  /**
   * Called after a commit that scheduled something, with the earliest due time of it and with what was due at once. The generation of
   * those is 0: not known, so that it outdates nothing.
   */
  onCommit(listener: (earliestDueAt: Date, dueNow: readonly OutboxEntry[]) => void): void;
  outbox: Outbox;
  people: People;
  policies: Policies;
  leases: Leases;
  database: DatabaseWatch;
}

/** Slack people as first seen: POLICY.md 17 binds an email in a policy to the first Slack user seen with it. */
export interface People {
  /** Binds the email to the user if neither is bound yet. `bound`: they belong together. `conflict`: the email was bound to somebody else or the user to another email. */
  bind(person: PersonRef & { readonly workspaceId: WorkspaceId }): Promise<'bound' | 'conflict'>;
}

/** Every policy version ever used. */
export interface Policies {
  keep(policy: { version: PolicyVersion; canonical: string; commit: string | null }): Promise<'new' | 'known'>;
  canonical(version: PolicyVersion): Promise<string | null>;
  /**
   * Keeps that a policy was loaded or refused, at the database's time. `news`: another one was in force before, or nobody met this
   * refusal in the last minutes. Of several processes that load the same one, only the first has news; the very first load of all is none.
   */
  noteLoad(load: NewPolicyLoad): Promise<'news' | 'known'>;
  /** The version that was loaded last; null: none ever was. */
  inForce(): Promise<PolicyVersion | null>;
  /** The latest loads, newest first. */
  loads(limit: number): Promise<readonly PolicyLoad[]>;
}

/** One time that a policy was read. */
export interface NewPolicyLoad {
  /** null: it was refused. */
  readonly version: PolicyVersion | null;
  readonly commit: string | null;
  /** The user and machine of the process, such as elevate@host-1. */
  readonly loadedBy: string;
  /** `start` of a process, a `change` of its files, or a `signal` (SIGHUP). */
  readonly how: 'start' | 'change' | 'signal';
  /** Why it was refused, one sentence each with file, line and column; of a loaded one, its warnings. */
  readonly findings: readonly string[];
}
export type PolicyLoad = NewPolicyLoad & { readonly loadedAt: Date };

// ───────────────────────────────────────────── outbox

export interface OutboxEntry {
  readonly key: string;
  /** Rises with every scheduling, so that work done for an older one does not complete a newer one. */
  readonly generation: number;
  readonly dueAt: Date;
  readonly kind: EffectKind;
  /** The target system it calls, see `targetKeyOf`; null: none. */
  readonly target: string | null;
}

export interface ClaimedEffect extends OutboxEntry {
  readonly workspaceId: WorkspaceId;
  readonly effect: Effect;
  /** Failed tries of this generation. */
  readonly attempts: number;
}

export interface Outbox {
  /**
   * Pending effects due within the horizon that were not handed on in this generation, earliest first, marked as handed on. Not what
   * is due and in somebody's hands: whoever lets go of it tells.
   */
  takeForQueue(horizonMs: number, limit: number): Promise<readonly (OutboxEntry & { readonly delayMs: number })[]>;
  /**
   * Overdue effects that nobody works on although they were handed on, or were in the hands of somebody whose lease ran out: what a
   * lost queue or a dead process had. Marked as handed on anew.
   */
  takeOverdue(olderThanMs: number, limit: number): Promise<readonly (OutboxEntry & { readonly delayMs: number })[]>;
  /**
   * Takes the lease on a pending effect that is due, or will be within `aheadMs` (0 unless given). null: not due, done, or in somebody
   * else's hands. Leases run on real database time.
   */
  claim(key: string, owner: string, leaseSeconds: number, aheadMs?: number): Promise<ClaimedEffect | null>;
  /**
   * Takes the leases on due ends of access of one target that nobody has in hand, the most privileged first, then by lateness. What
   * another process is just taking is left to it.
   */
  claimEnds(target: string, owner: string, leaseSeconds: number, limit: number): Promise<readonly ClaimedEffect[]>;
  /** Returns those whose lease is still this owner's. */
  renew(keys: readonly string[], owner: string, leaseSeconds: number): Promise<ReadonlySet<string>>;
  /** Done, unless it was scheduled again meanwhile: then it is pending and free. */
  complete(claimed: readonly ClaimedEffect[], owner: string): Promise<void>;
  /** Not begun: free for whoever looks next, as if it had never been claimed. */
  giveBack(keys: readonly string[], owner: string): Promise<void>;
  /** Not done: pending again, due at `now + delay`, attempts + 1. Unless it was scheduled again meanwhile. */
  retry(claimed: ClaimedEffect, owner: string, delayMs: number, error: string): Promise<void>;
  /** For probes: pending effects overdue by more than the given time, and the age of the oldest. */
  overdue(olderThanMs: number): Promise<{ count: number; oldestMs: number }>;
}

/** Given with work that was taken in hand a little before its time. */
export interface Early {
  /** Waits for so many milliseconds, or less: it returns as soon as something may have changed. */
  wait(milliseconds: number): Promise<void>;
  /** Resolves when the time is past by so much that the usual way waits no longer for what was prepared. */
  readonly tooLate: Promise<void>;
}

// ───────────────────────────────────────────── connector

/** What somebody holds of an access on its target. Levels are the target's own words, such as the options of a membership. */
export interface Holding {
  /** What our own grantor gave; null: nothing. */
  readonly ours: Json;
  /** What others gave, where the target tells them apart. */
  readonly others: readonly { readonly grantor: string; readonly level: Json }[];
}

export interface ConnectorCapabilities {
  readonly endsSessions: boolean;
  readonly nativeExpiry: boolean;
  readonly listsHolders: boolean;
  readonly observesUse: boolean;
  readonly distinguishesGrantors: boolean;
  /** Having the lock proves that no older call of ours can still land. Where it doesn't, `TargetSession.unsettled` tells. */
  readonly lockProvesQuiet: boolean;
  /** Can have a revocation ready and carry it out with one word: `TargetSession.prepareRevoke`. */
  readonly preparesRevocations: boolean;
}

/** One access, with the immutable ids that were resolved for it. */
export interface AccessOnTarget {
  readonly entitlement: unknown;
  readonly subject: string;
  readonly resolved: ResolvedAccess;
}

/** The target, while the lock of one access is held. Every method throws `Outage`. */
export interface TargetSession {
  /** An older call of ours whose outcome nobody knows; null: there is none, or it can no longer land. */
  readonly unsettled: {
    readonly sentAt: Date;
    /** When the target's own time limit has ended it; null: the target has none that we know of. */
    readonly landsBy: Date | null;
  } | null;
  /** A fresh look at the target, never a memory. */
  observe(): Promise<Holding>;
  /**
   * Gives the access. Returns the target's own answer, for the audit. Given already is success. `expiresAt`: when a target with
   * `nativeExpiry` ends it by itself if nobody else does, also where it was given until another time; null: never.
   */
  grant(options: { readonly expiresAt: Date | null }): Promise<string>;
  /** Whether a level that was read back is what a grant here gives, or more. Asks nobody. */
  suffices(level: Json): boolean;
  /** Takes away what our grantor gave and puts back `before`, if that was something. Absent already is success. */
  revoke(before: Json): Promise<string>;
  /**
   * The same as `revoke`, ready but not carried out: nobody sees anything of it yet. Only where `preparesRevocations`. It may hold up
   * other changes to the same entitlement until it is committed or discarded, so it is asked for at the last moment.
   */
  prepareRevoke?(before: Json): Promise<PreparedRevocation>;
  /** Ends what is still open of the holder, and tells how many. Only where `endsSessions`. */
  endSessions(): Promise<{ readonly ended: number; readonly left: number }>;
}

/** A revocation that waits for its moment, under the lock of its session. */
export interface PreparedRevocation {
  /** Carries it out, once. Answers and throws as `revoke` does. */
  commit(): Promise<string>;
  /** Leaves everything as it was. Never throws; does nothing after a commit. */
  discard(): Promise<void>;
}

/**
 * The target, while the locks of many accesses are held. Accesses are named by `ResolvedAccess.key`. Every method throws `Outage` for
 * what concerns all of them; what concerns one leaves it out of the answer, and it is for the single way to say what is wrong.
 */
export interface ManySession {
  /** Those whose lock was free, and which are on this very target. */
  readonly held: ReadonlySet<string>;
  /**
   * Takes away what our grantor gave, where nothing of ours was there before. Returns the target's own answers, for the audit; an
   * Outage where the target could not do it now.
   */
  revoke(keys: readonly string[]): Promise<ReadonlyMap<string, string | Outage>>;
  /** A fresh look at the target, never a memory. */
  observe(keys: readonly string[]): Promise<ReadonlyMap<string, Holding>>;
  /** As of one. Only where `endsSessions`. */
  endSessions(keys: readonly string[]): Promise<ReadonlyMap<string, { readonly ended: number; readonly left: number }>>;
}

export interface Holder {
  /** As `ResolvedAccess.key` of this subject. */
  readonly accessKey: string;
  readonly subjectId: string;
  readonly subject: string;
  readonly grantor: string;
  readonly ours: boolean;
  readonly level: Json;
}

export interface HolderPage {
  readonly targetIdentity: string;
  readonly entitlementId: string;
  readonly holders: readonly Holder[];
  /** What to ask for the next page with; null: this was the last. */
  readonly next: string | null;
}

/** Everybody who holds it by us, at every level; nobody is named. */
export interface HolderSummary {
  readonly targetIdentity: string;
  readonly entitlementId: string;
  readonly ours: readonly HolderDigest[];
}

/** Something about a target that a person must put right, with how. */
export interface ConnectorFinding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly fix: string;
}

/** One opened connection to one target system. Every method throws `Outage`. */
export interface Connector {
  readonly name: string;
  readonly type: string;
  readonly capabilities: ConnectorCapabilities;
  /** Which target this really is, whatever its address says. */
  identify(): Promise<string>;
  /** Asks the target for the immutable ids behind the names. A name that does not exist is `permanent`. */
  resolve(entitlement: unknown, subject: string): Promise<ResolvedAccess>;
  /**
   * Runs `work` under the lock of this access: the target's own, or a lease in our database where the target has none. Refuses (`permanent`) when the target is not the one in `access.resolved`.
   */
  exclusively<T>(access: AccessOnTarget, work: (session: TargetSession) => Promise<T>): Promise<T>;
  /**
   * The same for many accesses at once, where the target has cheaper ways than one after the other. Waits for no lock: an access that
   * somebody works on is not among the held ones. Only where the lock proves that nothing older can land.
   */
  exclusivelyMany?<T>(accesses: readonly AccessOnTarget[], work: (session: ManySession) => Promise<T>): Promise<T>;
  /**
   * One page of everybody who holds it, behind `after`. A holder who comes or goes meanwhile may be missed; nobody is told twice.
   * `buckets`: of those by us only who is in these (see `HolderDigest`); only where there is `summarizeHolders`.
   */
  listHolders(entitlement: unknown, after?: string | null, buckets?: readonly number[]): Promise<HolderPage>;
  /** Everybody who holds it by us, where the target can count them faster than it can name them. */
  summarizeHolders?(entitlement: unknown): Promise<HolderSummary>;
  /**
   * Whether what this key (`targetIdentity/entitlementId`) means no longer exists on this very target, with all access to it, so that
   * another one under its name is a new one; only where a target can tell.
   */
  isGone?(entitlementKey: string): Promise<boolean>;
  /**
   * Whether the subject uses it, as far as the target can tell: something of theirs is open now, and was opened or did something within
   * so many seconds. Only where `observesUse`; without the right to look, `permanent`.
   */
  inUse(access: AccessOnTarget, withinSeconds: number): Promise<boolean>;
  /** Can we reach it, may we do what these roles ask, and not more? */
  check(
    uses: readonly { readonly entitlement: unknown; readonly endSessions: boolean; readonly observeUse?: boolean }[],
  ): Promise<readonly ConnectorFinding[]>;
  close(): Promise<void>;
}

/** How a kind of target is declared in a policy and opened: one line of the registry. */
export interface ConnectorType {
  readonly type: string;
  readonly connection: z.ZodType;
  readonly entitlement: z.ZodType;
  /** What `ConnectorCapabilities.observesUse` says of each of its connectors: a policy that needs it is refused where it is missing. */
  readonly observesUse: boolean;
  /** `connection` is as the policy wrote it; secrets are resolved here, at the last moment. */
  open(name: string, connection: unknown, given: ConnectorSurroundings): Connector;
}

/** What a connector may use of ours. */
export interface ConnectorSurroundings {
  /** For targets that have no locks of their own. */
  readonly leases: Leases;
}

export interface Connectors {
  /** The opened connector for a connection; the same one for the same connection. Throws `Outage` when its secret does not resolve. */
  get(name: string, type: string, connection: unknown): Connector;
}

// ───────────────────────────────────────────── people and Slack

/** Members of a group now, or why nobody can say. */
export type GroupMembers = { readonly members: ReadonlySet<SlackUserId> } | Unavailable;

export interface Directory {
  /** null: Slack does not know the user. Throws `Outage` when Slack does not answer. */
  person(workspace: WorkspaceId, user: SlackUserId): Promise<Person | null>;
  /** Never throws: what cannot be looked up is `unavailable`, with why. */
  group(workspace: WorkspaceId, policy: Policy, group: string): Promise<GroupMembers>;
  /** Asks the policy's fact providers. Never throws: what did not come is `unavailable`, with why. */
  facts(providers: readonly FactProvider[], about: FactQuestion): Promise<Facts['provided']>;
}

/** What fact providers are asked about. Their addresses say how much of it they are told. */
export interface FactQuestion {
  readonly requester: Person;
  /** null: nothing was asked for yet. */
  readonly role: Role | null;
  readonly ticket: string | null;
}

/** Somebody who may decide now. */
export interface Decider {
  readonly user: SlackUserId;
  /** The group, or 'manager'. */
  readonly via: string;
  /** Whose place it is while they are away; null: their own. */
  readonly onBehalfOf: SlackUserId | null;
}

/** What a card, its thread and the messages about it are drawn from. */
export interface RequestView {
  readonly request: AccessRequest;
  readonly grant: Grant | null;
  /** Who should hear that it waits, for mentions; empty once it is closed. */
  readonly approvers: readonly SlackUserId[];
  /** Some of those who may decide, or review, could not be looked up. */
  readonly unsure: boolean;
  /** Who may decide in the stage that waits and has not, and by what right. */
  readonly deciders: readonly Decider[];
  /** What counting approvals goes by, stage by stage (`null`: as recorded); null once it is closed. */
  readonly voters: readonly (StageVoters | null)[] | null;
  /** How much time one click would add to the grant; null: it cannot be extended. */
  readonly extensionSeconds: number | null;
  readonly now: Date;
}

/** Where a message was to stand, and why it cannot. */
export interface ReplacedChannel {
  readonly channel: string;
  readonly problem: string;
}

/** `gone`: the message was deleted, or nobody may edit it any more, so that only a new one can tell. */
export type Updated = 'updated' | 'gone';

/** Slack as a screen. Every method throws `Outage`, and every message is harmless twice. */
export interface Messenger {
  /** Why nothing can be posted to this channel until somebody puts that right; null: it can, or Slack does not say now. Never throws. */
  unreachable(channel: string): Promise<string | null>;
  postCard(view: RequestView, site: CardSite): Promise<CardRef>;
  updateCard(ref: CardRef, view: RequestView, site: CardSite): Promise<Updated>;
  /** Whether this event has a line of its own in such a thread; another one may tell the same, or it is nobody's business there. */
  tells(event: AuditEvent, view: RequestView, kind: ThreadKind): boolean;
  postThreadLine(ref: CardRef, line: LinePlace, event: AuditEvent, view: RequestView): Promise<void>;
  /** Break-glass was used, or its review is overdue; in the channel for it. */
  /** `instead`: the channel that it was for, and why it could not be posted there. */
  alertBreakGlass(channel: string, view: RequestView, instead: ReplacedChannel | null): Promise<CardRef>;
  /** `card`: where people decide, for a link. null: nobody can be told there any more. */
  notify(to: SlackUserId, notice: NoticeName, view: RequestView, card: CardRef | null): Promise<CardRef | null>;
  /** Draws it anew: as it was sent, or (not `isOpen`) as something that is over. */
  updateNotice(ref: CardRef, notice: NoticeKind, view: RequestView, isOpen: boolean): Promise<Updated>;
  /** Somebody is away and asks this person to decide in their place. */
  tellDelegate(to: SlackUserId, delegation: Delegation): Promise<void>;
  /** A revocation that fails, or ended access that showed up again, in the channel for it. */
  postAlert(channel: string, view: RequestView, alert: AlertView): Promise<CardRef>;
  updateAlert(ref: CardRef, view: RequestView, alert: AlertView): Promise<Updated>;
  /** Says in the alert's thread, and to the channel, that it still fails. */
  repeatAlert(ref: CardRef, view: RequestView, alert: AlertView): Promise<void>;
  /** All revocations that fail on one target, in one message. */
  postAlarm(channel: string, view: AlarmView): Promise<CardRef>;
  updateAlarm(ref: CardRef, view: AlarmView): Promise<Updated>;
  repeatAlarm(ref: CardRef, view: AlarmView): Promise<void>;
  /**
   * None of them fails any more. `onWord`: so many were closed without proof, and nobody knows yet; `afterWord`: some had been, and the
   * target has told of them.
   */
  closeAlarm(ref: CardRef, onWord: OnWord, afterWord: boolean): Promise<void>;
  postDrift(channel: string, view: DriftView): Promise<CardRef>;
  updateDrift(ref: CardRef, view: DriftView): Promise<Updated>;
  tellSecurity(channel: string, notice: SecurityNotice): Promise<CardRef>;
  changeSecurity(ref: CardRef, notice: SecurityNotice): Promise<Updated>;
  /** Many ends of access in one message. */
  postEnds(channel: string, wave: Wave): Promise<CardRef>;
  updateEnds(ref: CardRef, wave: Wave): Promise<Updated>;
  /** To the admins, about the policy itself. */
  tellPolicy(channel: string, news: PolicyNews): Promise<void>;
}

// ───────────────────────────────────────────── policy

/** What admins hear about the policy itself. */
export type PolicyNews =
  /** The old one stays. One sentence each, with file, line and column. */
  | { readonly news: 'refused'; readonly lines: readonly string[] }
  | {
      readonly news: 'tightened';
      readonly version: string;
      readonly disallowed: readonly DisallowedGrant[];
      /** Waiting requests that it denied, which were closed. */
      readonly closed: number;
    };

export interface PolicySource {
  current(): Policy;
  /** A version that was used before; null: never seen. */
  version(version: PolicyVersion): Promise<Policy | null>;
}

// ───────────────────────────────────────────── all of them

export interface Ports {
  readonly store: Store;
  readonly connectors: Connectors;
  readonly messenger: Messenger;
  readonly directory: Directory;
  readonly policies: PolicySource;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** What performing an effect came to. `done: false` puts it back, due after the delay. */
export type Performed =
  | { readonly done: true }
  | { readonly done: false; readonly retryInMs: number; readonly error: string };

export const done: Performed = { done: true };
