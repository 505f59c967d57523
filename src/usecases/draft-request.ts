import type { Grant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { type Person, refOf } from '../domain/person.ts';
import type { Facts, RequestFacts } from '../domain/policy/facts.ts';
import type { Policy, PolicyDecision, Role, Stage } from '../domain/policy/types.ts';
import type { Draft, RoleSnapshot } from '../domain/request-state.ts';
import { breakGlassUse } from './break-glass.ts';
import type { GroupBook } from './electorate.ts';
import type { Places } from './find-channel.ts';
import type { Ports, Tx } from './ports.ts';

export interface SubmitInput {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  /** `resource/role`, as typed. */
  readonly role: string;
  /** null: the role's default. */
  readonly durationSeconds: number | null;
  /** null: as soon as it is approved. */
  readonly startsAt: Date | null;
  /** It ends then, however late it begins; null: the duration alone says. */
  readonly endsBy: Date | null;
  readonly reason: string;
  readonly ticket: string | null;
  /** What makes a second delivery the same submission, such as `view/V0123`. */
  readonly origin: string;
  /** The Slack channel it was asked in. */
  readonly channel: string | null;
  /** The grant that it asks more time for; null: it asks for access of its own. */
  readonly extend: GrantId | null;
  /** The address of the Slack message that it is about. */
  readonly about?: string | null;
  /** Access at once, with a review behind it. */
  readonly breakGlass: boolean;
}

/** What the network said about a submission, before the transaction that decides it. */
export interface Known {
  readonly person: Person;
  readonly policy: Policy;
  readonly role: Role;
  readonly groups: GroupBook;
  readonly where: Places;
  readonly provided: Facts['provided'];
}

/** What was asked for, and what the policy made of it. */
export interface Asked {
  readonly ask: RequestFacts;
  readonly facts: Facts;
  readonly decision: PolicyDecision;
  /** Those of the decision as they can be filled now. */
  readonly stages: readonly Stage[];
  /** Who the requester is on the target. */
  readonly subject: string;
  /** The grant that it asks more time for; null: it asks for access of its own. */
  readonly grant: Grant | null;
}

/** The submission as a request, before anybody said anything to it. */
export function draftRequest(
  ports: Pick<Ports, 'ids'>,
  tx: Tx,
  input: SubmitInput,
  { person, policy, role, groups, where }: Known,
  { ask, facts, decision, stages, subject, grant }: Asked,
): Draft {
  const endsAt = grant?.endsAt ?? null;
  const terms = role.breakGlass;
  return {
    id: ports.ids.request(),
    workspaceId: input.workspace,
    origin: input.origin,
    requester: refOf(person),
    role: snapshot(role, subject, where),
    durationSeconds: ask.durationSeconds,
    startsAt: input.startsAt,
    endsBy: input.endsBy,
    reason: ask.reason,
    ticket: ask.ticket,
    about: input.about ?? null,
    breakGlass: terms && ask.breakGlass ? breakGlassUse(terms, { person, policy, role, groups }, facts) : null,
    extension: grant && endsAt ? { grantId: grant.id, endsAt } : null,
    policyVersion: policy.version,
    policyDecision: decision,
    facts,
    stages,
    createdAt: tx.now,
    expiresAt: waitsUntil(tx.now, role, input, endsAt),
  };
}

/** A request for later waits until its start; no other waits beyond what it is about: nobody can extend or begin what is over. */
function waitsUntil(now: Date, role: Role, { startsAt, endsBy }: SubmitInput, endsAt: Date | null): Date {
  if (startsAt) return startsAt;
  const ttl = new Date(now.getTime() + role.requestTtlSeconds * 1000);
  return [endsAt, endsBy].reduce<Date>((first, at) => (at && at < first ? at : first), ttl);
}

/** What a role is at the moment of the asking. */
export function snapshot(
  role: Role,
  subject: string,
  { channel, auditChannel, unreached }: Pick<RoleSnapshot, 'channel' | 'auditChannel' | 'unreached'>,
): RoleSnapshot {
  return {
    key: role.key,
    title: role.title,
    resource: role.resource.name,
    environment: role.resource.environment,
    risk: role.risk,
    instructions: role.instructions,
    channel,
    auditChannel,
    unreached,
    owners: role.owners,
    connector: role.connector.name,
    connectorType: role.connector.type,
    entitlement: role.entitlement,
    subject,
    endSessions: role.endSessions,
    provisioningWindowSeconds: role.provisioningWindowSeconds,
    startWithinSeconds: role.startWithinSeconds,
    unusedAfterSeconds: role.unusedAfterSeconds,
    remindersMax: role.reminders.max,
  };
}
