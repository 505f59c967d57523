import type { AuditEvent } from '../domain/audit.ts';
import { canonicalJson } from '../domain/json.ts';
import type { Proof } from './proof-of.ts';

/** A moment to the millisecond, in UTC: proof is compared with the target's own log. */
const exact = (at: Date): string => at.toISOString().replace('T', ' ').replace('Z', ' UTC');

/** One line of the proof; null: the event proves nothing about the target. Plain text. */
function proofLine(event: AuditEvent): string | null {
  switch (event.kind) {
    case 'grant.created':
      return `intent: committed with its latest end, ${exact(new Date(event.data.mustEndBy))}, before any call to the target`;
    case 'grant.provisioning_started':
      return `target ${event.data.target}, subject ${event.data.subject} (id ${event.data.subjectId})`;
    case 'grant.provisioning_retried':
      return `call to grant failed: ${event.data.error}`;
    case 'grant.provisioning_failed':
      return `granting was given up: ${event.data.error}`;
    case 'grant.activated':
      return `granted and read back as there; the target answered: ${event.data.answer}; held before: ${event.data.heldBefore ? 'yes' : 'no'}; ends ${exact(new Date(event.data.endsAt))}`;
    case 'grant.extended':
    case 'grant.end_moved':
      return `the end moved to ${exact(new Date(event.data.endsAt))}`;
    case 'grant.revocation_started':
      return `revocation committed, because: ${event.data.because}`;
    case 'grant.revocation_failed':
      return `call to revoke failed (attempt ${event.data.attempt}, ${event.data.errorKind}): ${event.data.error}`;
    case 'alarm.escalated':
      return `told to more people: ${event.data.to.join(', ')}`;
    case 'grant.sessions_ended':
      return `sessions ended: ${event.data.sessions}`;
    case 'grant.removal_unproven':
      return `read back as gone (the target answered: ${event.data.answer}), but an older call may still land; looked at again ${exact(new Date(event.data.lookAgainAt))}`;
    case 'grant.retry_requested':
      return 'somebody asked for another try';
    case 'grant.resolved_unverified':
      return `closed without proof: ${event.data.reason}; the target could not be asked: ${event.data.error}`;
    case 'grant.confirmed_gone':
      return 'read back as gone after it had been closed without proof';
    case 'grant.reappeared':
      return `found on the target although it had ended: ${canonicalJson(event.data.found)}`;
    case 'grant.drift_found':
      return `changed on the target by somebody else: ${event.data.drift}, now ${canonicalJson(event.data.found)}`;
    case 'grant.drift_cleared':
      return `no longer changed: ${event.data.drift}`;
    case 'grant.ended':
      return event.data.keptFor === null
        ? `revoked and read back as gone${event.data.restored ? ', with what was held before put back' : ''}; the target answered: ${event.data.answer}; ${event.data.lateSeconds.toFixed(3)} s after it was due`
        : `ended; the access stays for ${event.data.keptFor}`;
    default:
      return null;
  }
}

/** The whole proof, one line each, in plain text: for the form in Slack and for the command line. */
export function proofLines({ request, grant, events, note, now }: Proof): readonly string[] {
  const happened = events.flatMap((event) => {
    const line = proofLine(event);
    const mine = event.grantId === null || event.grantId === grant.id;
    return line !== null && mine ? [`${exact(event.at)}  #${event.sequence}  ${line}`] : [];
  });
  const { target } = grant;
  return [
    `${grant.id} of ${request.id}: ${grant.roleKey} for ${grant.holder.email}, ${grant.status}${grant.endedBecause ? ` (${grant.endedBecause})` : ''}`,
    `on ${target.connector} (${target.connectorType}), subject ${target.subject}, entitlement ${canonicalJson(target.entitlement)}`,
    ...(target.resolved ? [`as ${target.resolved.key}`] : ['the target was never called']),
    ...(note ? [`held before us: ${canonicalJson(note.before.ours)}, noted ${exact(note.notedAt)}`] : []),
    ...(grant.drift ? [`DRIFT: ${grant.drift.kind}, seen ${exact(grant.drift.seenAt)}`] : []),
    ...happened,
    ...(grant.status === 'revoking' && grant.endDueAt
      ? [
          `OVERDUE by ${((now.getTime() - grant.endDueAt.getTime()) / 1000).toFixed(0)} s, ${grant.attempts} failed attempts${grant.lastTriedAt ? `, the last ${exact(grant.lastTriedAt)}: ${grant.lastError ?? 'unproven'}` : ''}`,
        ]
      : []),
  ];
}
