import type { NoticeName } from '../../domain/effect.ts';
import { type Grant, unusedEndOf } from '../../domain/grant.ts';
import { type AccessRequest, extendedEnd, LAPSED } from '../../domain/request.ts';
import type { NoticeKind, ReplacedChannel, RequestView } from '../../usecases/ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX, MENTIONS_MAX } from '../limits.ts';
import { byWhom, countedApprovals, duration, endedBecause, groups, requestStatus } from './en-words.ts';

/** Of a reason that others are told, beside what it is for. */
const REASON_SHOWN_MAX = 300;

/** What somebody hears by direct message at one step: mrkdwn, everything that people wrote escaped. */
export function notice(name: NoticeName, { request, grant, approvers }: RequestView): string {
  const what = role(request);
  switch (name) {
    case 'request_submitted':
      return `Your request for ${what} for ${more(request)} is in. ${waitsFor(approvers.length)} It closes by itself ${when(request.expiresAt)} if nobody decides.`;
    case 'request_escalated':
      return `${mention(request.requester.slackUserId)} waits for ${what}, for ${more(request)}, and nobody has decided yet. You may decide now: the policy asks ${esc(groups(othersOf(request)))} when the others do not answer in time. It closes by itself ${when(request.expiresAt)}. Reason: “${esc(cut(request.reason, REASON_SHOWN_MAX))}”`;
    case 'request_approved':
      if (request.extension)
        return `You have ${duration(request.durationSeconds)} more of ${what}${by(request)}: it now ends ${when(extendedEnd(request, request.extension))}.`;
      if (grant?.startBy)
        return `Your request for ${what} is approved${by(request)}. Press *Start* when you need it, until ${when(grant.startBy)}: its time, ${duration(grant.durationSeconds)}, begins then. Nothing is set up before, and if you don’t start it, it lapses.`;
      if (grant?.startsAt)
        return `Your request for ${what} is approved${by(request)}. It starts by itself ${when(grant.startsAt)}; you hear from me when it is live.`;
      return `Your request for ${what} is approved${by(request)}. It is being set up; you hear from me when it is live, and its time starts then.`;
    case 'request_denied':
      return `Your request for ${what} was denied by ${request.closedBy ? mention(request.closedBy.slackUserId) : 'the policy'}. ${request.closedReason ? `Reason: “${esc(request.closedReason)}”` : 'No reason was given.'}`;
    case 'request_expired':
      if (request.closedReason === LAPSED)
        return `Your access to ${what} ended before anybody decided whether to extend it. Ask anew if you still need it.`;
      if (request.extension)
        return `Nobody decided in time whether you may keep ${what} longer: it ends ${when(request.extension.endsAt)}, as before.`;
      return `Nobody decided on your request for ${what} in time, so it has expired. Ask again if you still need it, and tell an approver.`;
    case 'request_edited':
      return edited(request);
    case 'request_cancelled':
      return `You cancelled your request for ${what}.`;
    case 'break_glass_used':
      return `⚠ ${mention(request.requester.slackUserId)} used break-glass for ${what}, for ${duration(request.durationSeconds)}, ${askedWhom(request)}. Reason: “${esc(request.reason)}”${request.breakGlass?.review ? ` A review is due ${when(request.breakGlass.review.dueAt)}.` : ''}`;
    case 'review_overdue':
      return `${noticeWords.reviewOverdue(request)} “${esc(request.reason)}”`;
    case 'review_closed':
      return reviewed(request, what);
    case 'start_shorter':
      return `Your access to ${what} could start now, but the policy allows ${duration(grant?.offeredSeconds ?? 0)} at most by now. Start it for that long, or cancel it.${grant?.startBy ? ` It lapses ${when(grant.startBy)}.` : ''}`;
    case 'access_not_started':
      return `Your access to ${what} did not start: ${grant ? esc(endedBecause(grant.endedBecause ?? 'not_started', grant.endRequestedBy, grant.holder.slackUserId)) : 'nobody started it in time'}. Nothing was set up.${because(grant)} Ask anew if you still need it.`;
    case 'access_unused':
      return `Nobody seems to use your access to ${what}, so it ends early${unusedEnd(grant)}. Press *I’m using it* if that is wrong.`;
    case 'access_live':
      return `You now have ${what}, until ${end(grant)}.`;
    case 'access_failed':
      return `${what} could not be set up, and nothing of it is left on the target. Ask again, or tell whoever runs the target. ${error(grant?.endReason)}`;
    case 'access_ending':
      return `Your access to ${what} ends soon: ${end(grant)}. Finish what you are doing.`;
    case 'access_ended':
      if (grant?.endedBecause === 'resolved_unverified')
        return `Your access to ${what} is over. ${grant.endRequestedBy ? mention(grant.endRequestedBy.slackUserId) : 'Somebody'} closed it without proof that it is gone, so the target may still let you in. Please do not use it; I go on looking.${because(grant)}`;
      return `Your access to ${what} has ended: ${grant ? esc(endedBecause(grant.endedBecause ?? 'expired', grant.endRequestedBy, grant.holder.slackUserId)) : 'its time was over'}.${because(grant)}`;
    case 'access_reappeared':
      return `Your access to ${what}, which is over, is there on the target. It is being taken away; please do not use it.`;
    case 'access_removed':
      return `Somebody took your access to ${what} away on the target itself. I do not put it back: ask anew if you still need it, and press *I’m done* to end this one.`;
    case 'revocation_failing':
      return `Your access to ${what} is over, but it could not be removed yet, so the target may still let you in. Please do not use it. I keep trying, and the people in charge have been told. ${error(grant?.lastError)}`;
  }
}

/** What a message becomes whose buttons have nothing left to do. */
export function noticeOver(name: NoticeKind, { request, grant }: RequestView): string {
  const what = role(request);
  switch (name) {
    case 'break_glass_used':
    case 'review_overdue':
    case 'break_glass_alert': {
      const verdict = request.breakGlass?.review?.status === 'unjustified' ? 'not justified' : 'justified';
      return `${mention(request.requester.slackUserId)} used break-glass for ${what}, for ${duration(request.durationSeconds)}. It was reviewed: ${verdict}.`;
    }
    case 'request_submitted':
    case 'request_edited':
      return `Your request for ${what}, for ${more(request)}: ${request.status === 'denied' && request.closedBy ? `denied by ${mention(request.closedBy.slackUserId)}` : requestStatus[request.status]}.`;
    case 'request_approved':
    case 'start_shorter':
      if (grant?.endedBecause === 'returned' && grant.activatedAt === null)
        return `Your request for ${what} was approved${by(request)}. ${noticeWords.neverStarted}`;
      return grant?.status === 'scheduled'
        ? `Your request for ${what} is approved${by(request)}. My newer message has what you can start now.`
        : `Your request for ${what} is approved${by(request)}, and ${grant?.status === 'ended' && grant.activatedAt === null ? 'did not start' : 'has started'}.`;
    case 'access_unused':
      if (grant?.status === 'active') return `Your access to ${what} does not end early.`;
      return `Your access to ${what} is over.`;
    default:
      return grant?.status === 'active' && grant.endsAt
        ? `Your access to ${what} now ends ${when(grant.endsAt)}.`
        : `Your access to ${what} is over.`;
  }
}

function edited(request: AccessRequest): string {
  const change = request.edits.at(-1);
  if (!change) return `Your request for ${role(request)} was changed.`;
  const { before, after } = change;
  const roles = before.role === after.role ? '' : `${esc(before.title)} became ${esc(after.title)}, `;
  const time =
    before.durationSeconds === after.durationSeconds
      ? `for ${duration(after.durationSeconds)} as you asked`
      : `${duration(before.durationSeconds)} became ${duration(after.durationSeconds)}`;
  const next =
    request.status === 'pending'
      ? ' It still waits for approval. If that does not help you, cancel it and ask anew.'
      : '';
  return `${mention(change.by.slackUserId)} changed your request for ${esc(before.title)}: ${roles}${time}.${next}`;
}

function reviewed(request: AccessRequest, what: string): string {
  const review = request.breakGlass?.review;
  const verdict = review?.status === 'justified' ? 'justified' : 'not justified';
  return `Your use of break-glass for ${what} was reviewed: ${verdict}, says ${review?.by ? mention(review.by.slackUserId) : 'a reviewer'}.${review?.comment ? ` “${esc(review.comment)}”` : ''}`;
}

/** Break-glass asks nobody but those whom a guardrail asks for. */
const askedWhom = (request: AccessRequest): string =>
  request.stages.length === 0
    ? 'without asking anybody'
    : `approved${by(request)} since a guardrail asks for it, and by nobody else`;

export const noticeWords = {
  breakGlassAlert: (request: AccessRequest): string =>
    `⚠ *Break-glass.* ${mention(request.requester.slackUserId)} takes ${role(request)} for ${duration(request.durationSeconds)}, ${askedWhom(request)}. Reason:`,
  reviewOverdue: (request: AccessRequest): string =>
    `⚠ *A review is overdue.* Nobody has said yet whether ${mention(request.requester.slackUserId)} used break-glass for ${role(request)} rightly${request.breakGlass?.review ? `; it was due ${when(request.breakGlass.review.dueAt)}` : ''}. Their reason:`,
  /** Why it does not stand where it should. */
  alertInstead: ({ channel, problem }: ReplacedChannel): string =>
    `This stands here because ${esc(channel)} could not take it: ${esc(cut(problem, ERROR_SHOWN_MAX))}`,
  start: (grant: Grant): string =>
    grant.offeredSeconds === null ? 'Start' : `Start for ${duration(grant.offeredSeconds)}`,
  startLabel: (grant: Grant): string => `Start my access to ${grant.roleKey} now`,
  started: 'Started. It is being set up; I write to you when it is live.',
  cancelStart: 'Cancel',
  cancelStartLabel: (grant: Grant): string => `Cancel my access to ${grant.roleKey} before it starts`,
  neverStarted: 'You cancelled it before it started. Nothing was set up.',
  keep: 'I’m using it',
  keepLabel: (grant: Grant): string => `I am using ${grant.roleKey}: do not end it early`,
  kept: 'Good, it stays as it was.',
  instructionsLabel: '*How to use it*',
  done: 'I’m done',
  doneLabel: (request: AccessRequest): string => `I’m done: end my access to ${request.role.title} now`,
  extend: (seconds: number): string => `Extend by ${duration(seconds)}`,
  extendLabel: (request: AccessRequest, seconds: number): string =>
    `Ask for ${duration(seconds)} more of ${request.role.title}`,
  extendForm: 'Extend…',
  nudge: 'Nudge',
  nudgeLabel: (request: AccessRequest): string => `Remind the approvers of my request for ${request.role.title}`,
  nudged: 'I reminded them in the thread of your request.',
  cancel: 'Cancel request',
  cancelLabel: (request: AccessRequest): string => `Cancel my request for ${request.role.title}`,
  toCard: (url: string): string => ` <${url}|Open the request>.`,
  /** What replaces the message after its button was used. */
  ending: 'You are done with it, and it is being taken away. Thank you for giving it back.',
  cancelled: 'You cancelled it.',
};

const unusedEnd = (grant: Grant | null): string => {
  const endsAt = grant && unusedEndOf(grant);
  return endsAt ? `, ${when(endsAt)}` : '';
};

const othersOf = ({ stages, waiting }: AccessRequest): readonly string[] =>
  stages[waiting?.stage ?? -1]?.wait?.escalateTo ?? [];

const more = (request: AccessRequest): string =>
  `${duration(request.durationSeconds)}${request.extension ? ' more' : ''}`;

const role = (request: AccessRequest): string =>
  `*${esc(request.role.title)}* on ${esc(request.role.resource)} (${esc(request.role.environment)})`;

const waitsFor = (people: number): string =>
  people === 0
    ? 'It waits for an approver, and I find none right now.'
    : `${people === 1 ? '1 person' : `${people} people`} can approve it, and the card mentions ${people > MENTIONS_MAX ? `${MENTIONS_MAX} of ` : ''}them.`;

function by(request: AccessRequest): string {
  const people = countedApprovals(request);
  return people.length === 0
    ? ` by rule “${esc(request.policyDecision.rule.name)}”`
    : ` by ${people.map(byWhom).join(', ')}`;
}

const end = (grant: Grant | null): string => (grant?.endsAt ? when(grant.endsAt) : 'its end');
const because = (grant: Grant | null): string => (grant?.endReason ? ` Reason: “${esc(grant.endReason)}”.` : '');
const error = (text: string | null | undefined): string =>
  text ? `The target’s last answer: ${esc(cut(text, ERROR_SHOWN_MAX))}` : '';
