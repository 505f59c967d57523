import type { AuditEvent } from '../domain/audit.ts';
import { canonicalJson } from '../domain/json.ts';
import type { Actor } from '../domain/person.ts';
import { formatDuration } from '../domain/policy/duration.ts';
import type { Proof } from './proof-of.ts';

/** A moment to the millisecond, in UTC: proof is compared with the target's own log. */
const exact = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', ' UTC');
const exactly = (at: string): string => exact(new Date(at));

const whoOf = (actor: Actor): string =>
  actor.type === 'person' ? `${actor.person.name} (${actor.person.email})` : `Elevate (${actor.what})`;
const inPlaceOf = (whose: { readonly name: string; readonly email: string } | undefined): string =>
  whose ? `, in the place of ${whose.name} (${whose.email})` : '';

/** What people meant and decided; null: the event says nothing of that. Plain text. */
function intentLine(event: AuditEvent): string | null {
  switch (event.kind) {
    case 'request.submitted': {
      const { role, durationSeconds, reason, ticket, policyVersion, rule, extends: extended, breakGlass } = event.data;
      const what = extended
        ? `asked for ${formatDuration(durationSeconds)} more`
        : `asked for ${role}, ${formatDuration(durationSeconds)}`;
      return `${breakGlass ? 'BREAK-GLASS: ' : ''}${what}; reason: ${reason}; ticket: ${ticket ?? 'none'}; policy ${policyVersion}, rule "${rule}"`;
    }
    case 'request.edited': {
      const { before, after } = event.data;
      const of = (asked: typeof before): string => `${asked.role}, ${formatDuration(asked.durationSeconds)}`;
      return `changed it before the approval, from ${of(before)} to ${of(after)}${inPlaceOf(event.data.for)}`;
    }
    case 'decision.approved':
      return `approved stage ${event.data.stage + 1}, as ${event.data.via}${inPlaceOf(event.data.for)}`;
    case 'request.approved':
      return event.data.approvers.length === 0
        ? `approved by rule "${event.data.rule}", which asks nobody`
        : `with that, everybody whom rule "${event.data.rule}" asks has approved`;
    case 'review.closed':
      return `reviewed the break-glass: ${event.data.verdict}, as ${event.data.via}: ${event.data.comment || 'no comment'}`;
    default:
      return null;
  }
}

/** What was done on the target, and what it said; null: the event says nothing of that. Plain text. */
function targetLine(event: AuditEvent, { events }: Proof): string | null {
  switch (event.kind) {
    case 'grant.created':
      return `intent: committed together with its end, at the latest ${exactly(event.data.mustEndBy)}, before any call to the target`;
    case 'grant.started':
      return `started, with its end at the latest ${exactly(event.data.mustEndBy)}, before any call to the target`;
    case 'grant.never_started':
      return `over before it began (${event.data.because}): nothing was done on the target`;
    case 'grant.provisioning_started':
      return `asked target ${event.data.target} who ${event.data.subject} is: id ${event.data.subjectId}; nothing changed there yet`;
    case 'grant.provisioning_retried':
      return `call to grant failed: ${event.data.error}`;
    case 'grant.provisioning_failed':
      return `granting was given up: ${event.data.error}`;
    case 'grant.activated':
      return `granted and read back as there; the target answered: ${event.data.answer}; held before by whoever gave it: ${event.data.heldBefore ? 'yes' : 'no'}; ends ${exactly(event.data.endsAt)}`;
    case 'grant.extended':
      return `the end moved ${formatDuration(event.data.seconds)} later, to ${exactly(event.data.endsAt)}, by request ${event.data.by}`;
    case 'grant.end_moved':
      return `the end moved ${formatDuration(event.data.bySeconds)} earlier, to ${exactly(event.data.endsAt)}: the database's clock had gone back by as much`;
    case 'grant.revocation_started':
      return `revocation committed${event.data.reappeared ? ' once more' : ''}, because: ${event.data.because}${event.data.reason ? `; reason: ${event.data.reason}` : ''}`;
    case 'grant.revocation_failed':
      return `call to revoke failed (attempt ${event.data.attempt}, ${event.data.errorKind}): ${event.data.error}`;
    case 'alarm.escalated':
      return `told to more people: ${event.data.to.join(', ')}`;
    case 'grant.sessions_ended':
      return `sessions ended: ${event.data.sessions}`;
    case 'grant.removal_unproven':
      return `read back as gone (the target answered: ${event.data.answer}), but an older call may still land; looked at again ${exactly(event.data.lookAgainAt)}`;
    case 'grant.retry_requested':
      return 'asked for another try at once';
    case 'grant.resolved_unverified':
      return `closed it WITHOUT PROOF, with the reason: ${event.data.reason}; the target could not be asked: ${event.data.error}`;
    case 'grant.confirmed_gone':
      return 'read back as gone after it had been closed without proof';
    case 'grant.reappeared':
      return `found on the target although it had ${event.data.closedOnWord ? 'been closed without proof' : 'ended'}: ${canonicalJson(event.data.found)}`;
    case 'grant.drift_found':
      return `changed on the target by somebody else: ${event.data.drift}, now ${canonicalJson(event.data.found)}`;
    case 'grant.drift_cleared':
      return `no longer changed: ${event.data.drift}`;
    case 'grant.ended':
      return endLine(event.data, events.some(isHeldBefore));
    default:
      return null;
  }
}

const isHeldBefore = (event: AuditEvent): boolean => event.kind === 'grant.activated' && event.data.heldBefore;

function endLine(ended: Extract<AuditEvent, { kind: 'grant.ended' }>['data'], heldBefore: boolean): string {
  if (ended.keptFor !== null) {
    return `ended, and nothing was taken away: the same access is still open for ${ended.keptFor}, which takes it away at its own end`;
  }
  const late = `${ended.lateSeconds.toFixed(3)} s after it was due`;
  if (!ended.called) return `ended: the target was never called, so there was nothing to take away; ${late}`;
  const others = heldBefore ? '; what somebody else had given before is not touched' : '';
  const restored = ended.restored ? ', with what was held before put back' : others;
  const still =
    ended.stillGivenBy.length > 0 ? `; still given by ${ended.stillGivenBy.join(', ')}, which is not ours` : '';
  const asked = ended.confirmedFor ? `; looked at because ${ended.confirmedFor} asked` : '';
  return `revoked and read back as gone${restored}; the target answered: ${ended.answer}; ${late}${asked}${still}`;
}

/** How it stands, in a line or two that an auditor reads first. */
function standing({ grant, now }: Proof): readonly string[] {
  const { status, endDueAt, endedAt, endedBecause, endsAt, mustEndBy, attempts, lastError, lastTriedAt } = grant;
  if (status === 'scheduled') return [`STATE: not begun; over by ${exact(mustEndBy)} at the latest`];
  if (status === 'provisioning') return [`STATE: being granted; over by ${exact(mustEndBy)} at the latest`];
  if (status === 'active') return [`STATE: live until ${exact(endsAt ?? mustEndBy)}`];
  if (status === 'revoking') {
    const since = endDueAt
      ? `, due ${exact(endDueAt)}, OVERDUE by ${Math.max(0, (now.getTime() - endDueAt.getTime()) / 1000).toFixed(0)} s`
      : '';
    const last = lastTriedAt ? `, the last ${exact(lastTriedAt)}: ${lastError ?? 'unproven'}` : '';
    return [`STATE: being revoked (${endedBecause})${since}, ${attempts} failed attempts${last}`];
  }
  const proven = endedBecause === 'resolved_unverified' ? ' WITHOUT PROOF: see below' : '';
  const times = endDueAt && endedAt ? `, due ${exact(endDueAt)}, ended ${exact(endedAt)}` : '';
  return [`STATE: ended (${endedBecause})${times}${proven}`];
}

function about({ grant, request, note }: Proof): readonly string[] {
  const { target } = grant;
  const sessions = target.endSessions
    ? 'are ended with it'
    : 'are left alone at its end, since the policy does not ask for more (end_sessions)';
  return [
    `${grant.id} of ${request.id}: ${grant.roleKey} for ${grant.holder.name} (${grant.holder.email})`,
    `on ${target.connector} (${target.connectorType}), subject ${target.subject}, entitlement ${canonicalJson(target.entitlement)}; open sessions ${sessions}`,
    target.resolved ? `on the target: ${target.resolved.key}` : 'the target was never called',
    ...(grant.level === null ? [] : [`read back when it went live: ${canonicalJson(grant.level)}`]),
    ...(note
      ? [`held before, by Elevate's own grantor: ${canonicalJson(note.before.ours)}, noted ${exact(note.notedAt)}`]
      : []),
    ...(grant.leftBehind === null
      ? []
      : [`left on the target, since it was held before: ${canonicalJson(grant.leftBehind)}`]),
    ...(grant.drift ? [`DRIFT: ${grant.drift.kind}, seen ${exact(grant.drift.seenAt)}`] : []),
  ];
}

const LEGEND = [
  'Each line: when it was committed to the audit, its number in the audit chain, who, and what had happened by then.',
];

/** The whole proof, one line each, in plain text: for the form in Slack and for the command line. */
export function proofLines(proof: Proof): readonly string[] {
  const { grant, events } = proof;
  const happened = events.flatMap((event) => {
    const mine = event.grantId === null || event.grantId === grant.id;
    const line = mine ? (intentLine(event) ?? targetLine(event, proof)) : null;
    return line === null ? [] : [`${exact(event.at)}  #${event.sequence}  ${whoOf(event.actor)}: ${line}`];
  });
  return [...about(proof), ...standing(proof), '', ...LEGEND, ...happened];
}
