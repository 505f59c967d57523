import type { AuditEvent } from '../../domain/audit.ts';
import type { Actor } from '../../domain/person.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX } from '../limits.ts';
import { instead } from './en-fallback.ts';
import { review } from './en-review.ts';
import { duration, groups, mentions, plural, stillGiven } from './en-words.ts';

/**
 * One sentence for one audit event, to be read a year later without the card above it. null: the event has no line of its own,
 * because another one tells the same (creating the grant is part of the approval) or because it is nobody's business in the
 * channel (who tried a button that was not theirs, and policies).
 */
export function threadLine(event: AuditEvent, view: RequestView): string | null {
  const role = `${esc(view.request.role.title)} (\`${esc(view.request.role.key)}\`)`;
  const who = actor(event.actor);
  switch (event.kind) {
    case 'request.submitted':
      if (event.data.breakGlass)
        return `⚠ ${who} used break-glass for ${role} for ${duration(event.data.durationSeconds)}: ${esc(event.data.reason)}`;
      return `${who} asked ${event.data.extends === undefined ? 'for' : 'to keep'} ${role} for ${duration(event.data.durationSeconds)}${event.data.extends === undefined ? '' : ` more (${esc(event.data.extends)})`}${moments(event.data)}${event.data.ticket ? `, ticket ${esc(event.data.ticket)}` : ''}. Rule “${esc(event.data.rule)}” ${event.data.outcome === 'approve' ? 'asks for nobody' : 'asks for approval'}.${fallbacks(event.data)}`;
    case 'decision.approved':
      return `${who} approved it${inPlaceOf(event.data)} for stage ${event.data.stage + 1}, as ${esc(event.data.via)}.${nextUp(event, view)}`;
    case 'request.edited':
      return `${who} changed the request${inPlaceOf(event.data)}, as ${esc(event.data.via)}: ${changed(event.data)}.${event.data.approvals === 'kept' ? ' Approvals given so far still count.' : ' Approvals given before no longer count.'}${waitsFor(view)}`;
    case 'decision.denied':
      return null;
    case 'request.approved':
      return event.data.approvers.length === 0
        ? `Approved by rule “${esc(event.data.rule)}”, without asking anybody.`
        : `Approved. Counted: ${esc(event.data.approvers.join(', '))}.`;
    case 'request.denied':
      return event.data.rule === null
        ? `${who} denied it${inPlaceOf({ for: forOf(view, event) })}: ${esc(event.data.reason)}`
        : `The policy denied it (“${esc(event.data.rule)}”): ${esc(event.data.reason)}`;
    case 'request.cancelled':
      return `${who} cancelled the request.`;
    case 'request.expired':
      return 'The request expired: nobody decided in time.';
    case 'request.reminded':
      return `${event.actor.type === 'person' ? `${who} asks to look at it` : 'It still waits'}; it closes by itself ${when(new Date(event.data.expiresAt), 'far')}.${waitsFor(view)}`;
    case 'request.escalated':
      return `Nobody decided in time, so ${esc(groups(event.data.to))} may decide too; it closes by itself ${when(new Date(event.data.expiresAt), 'far')}.${waitsFor(view)}`;
    case 'review.reminded':
      return `${event.data.overdue ? '⚠ The review is overdue' : 'A review is due'}${event.data.overdue ? ', it was due' : ''} ${when(new Date(event.data.dueAt), 'far')}.${stillDue(view)}`;
    case 'review.closed':
      return `${who} reviewed the use of break-glass${inPlaceOf(event.data)}, as ${esc(event.data.via)}: ${event.data.verdict === 'justified' ? 'justified' : 'not justified'}. ${esc(event.data.comment)}`;
    case 'request.lapsed':
      return 'The access ended before anybody decided; there is nothing left to extend.';
    case 'request.requester_left':
      return `The account of ${mention(view.request.requester.slackUserId)} was deactivated, so nobody has to decide any more.`;
    case 'grant.created':
      return startsLater(event.data, view);
    case 'grant.started':
      return `${event.actor.type === 'person' ? `${who} started it` : 'Its time has come'}; it is being set up.`;
    case 'grant.start_capped':
      return `It could start now, but “${esc(event.data.rule)}” allows ${duration(event.data.capSeconds)} at most by now. ${mention(view.request.requester.slackUserId)} may start it for that long until ${when(new Date(event.data.startBy), 'far')}.`;
    case 'grant.never_started':
      return neverStarted(event.data, who);
    case 'grant.unused_warned':
      return `Nobody seems to use it. It ends ${when(new Date(event.data.endsAt), 'far')} unless somebody does.`;
    case 'grant.kept':
      return `${who} uses it; it does not end early for now.`;
    case 'grant.extended':
      return `Extended by ${duration(event.data.seconds)} (${esc(event.data.by)}). It now ends ${when(new Date(event.data.endsAt), 'far')}.`;
    case 'grant.provisioning_retried':
      return `Setting it up failed and is tried again: ${error(event.data.error)}`;
    case 'grant.provisioning_failed':
      return `It could not be set up, and whatever of it may exist is being taken away. The target said: ${error(event.data.error)}`;
    case 'grant.activated':
      return `Granted and read back on the target. It ends ${when(new Date(event.data.endsAt), 'far')}.`;
    case 'grant.expiry_announced':
      return `It ends soon: ${when(new Date(event.data.endsAt), 'far')}.`;
    case 'grant.revocation_started':
      // The line before this one has told it.
      if (event.data.reappeared) return null;
      return revocationStarted(event.data.because, event.data.reason, who, view);
    case 'grant.revocation_failed':
      return `⚠ Taking it away failed (attempt ${event.data.attempt}), so it may still be there. Elevate keeps trying. The target said: ${error(event.data.error)}`;
    case 'alarm.escalated':
      return `Still not removed, so ${esc(cut(event.data.to.join(', '), ERROR_SHOWN_MAX))} ${event.data.to.length === 1 ? 'was' : 'were'} told too.`;
    case 'grant.sessions_ended':
      return event.data.sessions === 0
        ? 'No session was open that used it.'
        : `${plural(event.data.sessions, 'open session')} that used it ${event.data.sessions === 1 ? 'was' : 'were'} ended.`;
    case 'grant.ended':
      return ended(event.data);
    case 'grant.removal_unproven':
      return `Read back as gone, but a call that was sent before may still arrive. Elevate looks again ${when(new Date(event.data.lookAgainAt), 'far')} before it calls it ended.`;
    case 'grant.retry_requested':
      return `${who} asked to try again now.`;
    case 'grant.resolved_unverified':
      return `◐ ${who} closed it without proof: “${esc(event.data.reason)}”. The target could not be asked (${error(event.data.error)}), so Elevate goes on looking.`;
    case 'grant.confirmed_gone':
      return 'Elevate has looked again: nothing of it is left on the target.';
    case 'grant.reappeared':
      return event.data.closedOnWord
        ? '⚠ It was closed without proof, and is still there on the target. It is being taken away.'
        : '⚠ It had ended, and is there again on the target. It is being taken away.';
    case 'grant.drift_found':
      return event.data.drift === 'removed_by_hand'
        ? '⚠ Somebody took it away on the target itself. Elevate does not put it back.'
        : `⚠ Somebody changed it on the target: it is now \`${esc(JSON.stringify(event.data.found))}\`.`;
    case 'grant.drift_cleared':
      return 'On the target it is as granted again.';
    case 'grant.end_moved':
      return `The database’s clock went back by ${duration(event.data.bySeconds)}, and the end went with it, so that it lasts no longer than approved. It now ends ${when(new Date(event.data.endsAt), 'far')}.`;
    case 'request.refused':
    case 'decision.refused':
    case 'grant.provisioning_started':
    case 'policy.loaded':
    case 'policy.refused':
    case 'drift.found':
    case 'drift.accepted':
    case 'drift.ignored':
    case 'drift.revocation_requested':
    case 'drift.revoked':
    case 'drift.closed':
    case 'delegation.started':
    case 'delegation.ended':
    case 'reconciler.paused':
    case 'reconciler.resumed':
    case 'database.restored':
    case 'clock.moved':
      return null;
  }
}

/** Who is asked too since others cannot fill a stage. */
const fallbacks = ({ fellBack = [] }: Extract<AuditEvent, { kind: 'request.submitted' }>['data']): string =>
  fellBack.map((each) => ` Stage ${each.stage + 1}: ${instead(each.from, each.to, each)}`).join('');

/** The number and the moment in front of a line. */
export const lineStart = (number: number, at: Date): string => `${number} · ${when(at, 'far')} · `;

type ForWhom = Extract<AuditEvent, { kind: 'decision.approved' }>['data']['for'];

/** Whose place it was: 'for Omar'. */
const inPlaceOf = (data: { readonly for?: ForWhom | undefined }): string =>
  data.for === undefined ? '' : ` for ${mention(data.for.id)}`;

/** The denial is told with its end; whose place it was stands with the decision. */
function forOf({ request }: RequestView, { at }: AuditEvent): ForWhom | undefined {
  const person = request.decisions.find((each) => each.kind === 'denied' && each.at.getTime() === at.getTime());
  const absent = person?.onBehalfOf;
  return absent ? { id: absent.slackUserId, email: absent.email, name: absent.name } : undefined;
}

function changed({ before, after }: Extract<AuditEvent, { kind: 'request.edited' }>['data']): string {
  const role = before.role === after.role ? [] : [`\`${esc(before.role)}\` → \`${esc(after.role)}\``];
  const time =
    before.durationSeconds === after.durationSeconds
      ? []
      : [`${duration(before.durationSeconds)} → ${duration(after.durationSeconds)}`];
  return [...role, ...time].join(', ');
}

/**
 * Whom the next stage waits for. Editing the card notifies nobody whom it mentions anew (Slack: "chat.update"), and a reply does;
 * so the people of a later stage hear of it here, as long as that is what the request waits for.
 */
function nextUp(event: AuditEvent, { request, approvers }: RequestView): string {
  const latest = request.decisions.at(-1)?.at.getTime() === event.at.getTime();
  if (request.status !== 'pending' || !latest || approvers.length === 0) return '';
  return ` It now waits for ${mentions(approvers)}.`;
}

/** Whom it waits for, as long as it does. */
const waitsFor = ({ request, approvers }: RequestView): string =>
  request.status === 'pending' && approvers.length > 0 ? ` It waits for ${mentions(approvers)}.` : '';

/** Whom the review waits for, as long as it does. */
const stillDue = (view: RequestView): string =>
  view.request.breakGlass?.review?.status === 'due' ? ` ${review.waitsFor(view)}`.trimEnd() : '';

function revocationStarted(
  because: Extract<AuditEvent, { kind: 'grant.revocation_started' }>['data']['because'],
  reason: string | null,
  who: string,
  { grant }: RequestView,
): string | null {
  const given = reason === null ? '' : ` Reason: ${esc(reason)}`;
  switch (because) {
    case 'expired':
      return 'Its time is over; it is being taken away.';
    case 'returned':
      return `${who} is done with it; it is being taken away.`;
    case 'revoked':
      return `${who} revoked it; it is being taken away.${given}`;
    case 'provisioning_failed':
      // The line before this one has told it.
      return null;
    case 'unused':
      return `Nobody used it${grant?.unusedAfterSeconds ? ` for ${duration(grant.unusedAfterSeconds)}` : ''}; it is being taken away.`;
    case 'user_deactivated':
      return 'The account was deactivated; the access is being taken away.';
    case 'not_started':
    case 'policy_denied':
      // Both end a grant before anything is there, which has a line of its own.
      return null;
    case 'ticket_closed':
      return 'Its ticket was closed; the access is being taken away.';
    case 'resolved_unverified':
      return `${who} confirmed by hand that it is gone.${given}`;
  }
}

/** When it is to start, or to end, where somebody said so. */
function moments({ startsAt, endsBy }: Extract<AuditEvent, { kind: 'request.submitted' }>['data']): string {
  const start = startsAt === undefined ? '' : `, starting ${when(new Date(startsAt), 'far')}`;
  return `${start}${endsBy === undefined ? '' : `, until ${when(new Date(endsBy), 'far')}`}`;
}

function neverStarted(
  { because, reason }: Extract<AuditEvent, { kind: 'grant.never_started' }>['data'],
  who: string,
): string {
  const given = reason === null ? '' : ` Reason: ${esc(reason)}`;
  switch (because) {
    case 'not_started':
      return 'Nobody started it in time, so it has lapsed. Nothing was set up.';
    case 'policy_denied':
      return `It did not start, since the policy no longer allows it. Nothing was set up.${given}`;
    case 'user_deactivated':
      return 'It did not start, since the account was deactivated. Nothing was set up.';
    default:
      return `${who} cancelled it before it started. Nothing was set up.${given}`;
  }
}

/** What follows an approval of access that begins later. */
function startsLater({ startsAt, startBy }: Extract<AuditEvent, { kind: 'grant.created' }>['data'], view: RequestView) {
  if (startsAt !== undefined) return `It starts ${when(new Date(startsAt), 'far')}.`;
  if (startBy === undefined) return null;
  return `${mention(view.request.requester.slackUserId)} may start it until ${when(new Date(startBy), 'far')}.`;
}

function ended(data: Extract<AuditEvent, { kind: 'grant.ended' }>['data']): string {
  const late = data.lateSeconds >= 1 ? ` That was ${duration(data.lateSeconds)} late.` : '';
  if (data.keptFor !== null) {
    return `Ended. The same access on the target stays, because another grant (${esc(data.keptFor)}) still has it.${late}`;
  }
  if (!data.called)
    return `Ended. Nothing was ever changed on the target for it, so there was nothing to take away.${late}`;
  const restored = data.restored ? ' What they had before was put back.' : '';
  return `Ended, and read back as gone.${restored}${stillGiven(data.stillGivenBy)}${late}`;
}

const error = (text: string): string => esc(cut(text, ERROR_SHOWN_MAX));
const actor = (by: Actor): string => (by.type === 'person' ? mention(by.person.slackUserId) : 'Elevate');
