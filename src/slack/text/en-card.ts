import type { StageProgress } from '../../domain/approval.ts';
import type { Grant } from '../../domain/grant.ts';
import {
  type AccessRequest,
  type Edit,
  type Extension,
  extendedEnd,
  LAPSED,
  REQUESTER_LEFT,
} from '../../domain/request.ts';
import type { Decider } from '../../usecases/ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX, MENTIONS_MAX } from '../limits.ts';
import { fellBack } from './en-fallback.ts';
import { review } from './en-review.ts';
import { asFound, byWhom, countedApprovals, duration, endedBecause, groups, plural } from './en-words.ts';

/** Elevate's own words on approval cards. Whatever returns mrkdwn has escaped what people wrote; `plain…` has no markup. */
export const card = {
  plainTitle: (request: AccessRequest): string =>
    request.breakGlass
      ? `⚠ Break-glass: ${request.requester.name}, ${request.role.title}`
      : request.extension
        ? `${request.requester.name} asks to keep ${request.role.title} longer`
        : `${request.requester.name} asks for ${request.role.title}`,
  /** The top-level text of a waiting card: what a phone shows and a screen reader says. */
  ask: (request: AccessRequest, riskWord: string): string =>
    `${esc(request.requester.name)} asks ${request.extension ? 'to keep' : 'for'} ${esc(request.role.title)} on ${esc(request.role.resource)} (${esc(request.role.environment)}, ${riskWord.toLowerCase()}) for ${howLong(request)}: ${esc(request.reason)}`,
  /** The top-level text once it is decided. */
  about: (request: AccessRequest, state: string): string =>
    `${esc(request.role.title)} on ${esc(request.role.resource)} for ${esc(request.requester.name)}: ${state}`,
  fields: {
    who: (request: AccessRequest): string => `*Who*\n${mention(request.requester.slackUserId)}`,
    what: (request: AccessRequest): string => `*What*\n${esc(request.role.title)}\n\`${esc(request.role.key)}\``,
    where: (request: AccessRequest): string =>
      `*Where*\n${esc(request.role.resource)} · ${esc(request.role.environment)}`,
    risk: (word: string): string => `*Risk*\n${word}`,
    howLong: (request: AccessRequest, until: string): string =>
      `*How long*\n${howLong(request)}${until === '' ? '' : `, ${until}`}`,
    ticket: (ticket: string): string => `*Ticket*\n${esc(ticket)}`,
  },
  fromGoingLive: 'from the moment it is live',
  fromPressing: 'from when it is started',
  fromStart: (startsAt: Date): string => `from ${when(startsAt)}`,
  untilThen: (endsBy: Date): string => `until ${when(endsBy)}, whenever it begins`,
  untilInstead: (extension: Extension, request: AccessRequest): string =>
    `until ${when(extendedEnd(request, extension))} instead of ${when(extension.endsAt)}`,
  until: (at: Date): string => `until ${when(at)}`,
  untilLatest: (at: Date): string => `until ${when(at)} at the latest`,
  wasUntil: (at: Date): string => `it was to end ${when(at)}`,
  reasonLabel: '*Reason*',
  mrkdwnAbout: (url: string): string => `<${url}|The message that it is about>`,
  noReason: 'No reason was asked for.',
  rule: (request: AccessRequest): string => {
    const added = request.stages.filter((stage) => stage.addedBy.kind === 'guardrail').map((s) => s.addedBy.name);
    const guardrails = added.length > 0 ? `; guardrail “${esc([...new Set(added)].join('”, “'))}” added a stage` : '';
    const name = esc(request.policyDecision.rule.name);
    const verb = request.stages.length > 0 ? 'asks for this approval' : 'approved this without asking anybody';
    return `Rule “${name}” of \`${esc(request.role.key)}\` ${verb}${guardrails}. Policy ${request.policyVersion.slice(0, 12)} · ${request.id}`;
  },
  stage: (number: number, { stage, counted, complete }: StageProgress, state: 'now' | 'later' | 'closed'): string => {
    const need = `${plural(stage.approvals, 'approval')} from ${esc(groups(stage.from))}`;
    const why = complete ? '' : fellBack(stage);
    const names = counted.map((d) => `${byWhom(d)} (${esc(d.via)}) ${when(d.at)}`).join(', ');
    if (complete) return `✓ Stage ${number}: ${need}. Approved by ${names}`;
    const given = names === '' ? '' : ` Approved so far by ${names}.`;
    const left = plural(stage.approvals - counted.length, 'approval');
    if (state === 'now') return `→ Stage ${number}: ${need}.${given} Waits for ${left}.${why}`;
    return state === 'later'
      ? `· Stage ${number}: ${need}. Comes next.${why}`
      : `· Stage ${number}: ${need}.${given} Was not completed.`;
  },
  /** With why each of them is an approver. The first ones by mention, which notifies them. */
  mayDecide: (deciders: readonly Decider[], quiet: number): string => {
    const groups = new Map<string, Decider[]>();
    for (const each of deciders.slice(0, MENTIONS_MAX)) groups.set(each.via, [...(groups.get(each.via) ?? []), each]);
    const named = [...groups].map(([via, people]) => `${people.map(decider).join(', ')} (${esc(via)})`).join('; ');
    const more = deciders.length > MENTIONS_MAX ? ` and ${deciders.length - MENTIONS_MAX} more` : '';
    const away = quiet > 0 ? ` ${quiet === 1 ? '1 more is' : `${quiet} more are`} away and not mentioned.` : '';
    return `May decide now: ${named}${more}.${away}`;
  },
  edited: ({ by, at: moment, before, after, onBehalfOf }: Edit): string => {
    const role = before.role === after.role ? [] : [`${esc(before.title)} → ${esc(after.title)}`];
    const same = before.durationSeconds === after.durationSeconds;
    const time = same ? [] : [`${duration(before.durationSeconds)} → ${duration(after.durationSeconds)}`];
    return `✎ Changed by ${byWhom({ by, onBehalfOf })} ${when(moment)}: ${[...role, ...time].join(', ')}`;
  },
  nobodyMayDecide:
    'Elevate finds nobody who may decide this now. The groups may be empty, or Slack may be slow to answer.',
  approve: 'Approve',
  deny: 'Deny…',
  approveLabel: (request: AccessRequest): string => `Approve ${request.role.title} for ${request.requester.name}`,
  edit: 'Change…',
  editLabel: (request: AccessRequest): string =>
    `Shorten ${request.role.title} for ${request.requester.name}, or make it a narrower role`,
  denyLabel: (request: AccessRequest): string =>
    `Deny ${request.role.title} for ${request.requester.name}, with a reason`,
  confirm: {
    title: 'Approve high-risk access?',
    plainText: (request: AccessRequest): string =>
      `${request.requester.name} gets ${request.role.title} on ${request.role.resource} (${request.role.environment}) for ${duration(request.durationSeconds)}. Your name is kept with it.`,
    yes: 'Approve',
    no: 'Not yet',
  },
  state: {
    pending: (request: AccessRequest): string =>
      `*Waiting.* ${request.startsAt ? `It is for ${when(request.startsAt)}, and` : 'It'} closes by itself ${request.startsAt && request.expiresAt >= request.startsAt ? 'then' : when(request.expiresAt)} if nobody decides.${next(request)}`,
    denied: (request: AccessRequest): string =>
      `*Denied* by ${request.closedBy ? mention(request.closedBy.slackUserId) : 'the policy'} ${at(request.closedAt)}.`,
    deniedShort: (request: AccessRequest): string => `denied by ${esc(request.closedBy?.name ?? 'the policy')}`,
    cancelled: (request: AccessRequest): string =>
      request.closedReason === REQUESTER_LEFT
        ? `*Closed* ${at(request.closedAt)}: the account of ${mention(request.requester.slackUserId)} was deactivated.`
        : `*Cancelled* by ${mention(request.requester.slackUserId)} ${at(request.closedAt)}.`,
    expired: (request: AccessRequest): string =>
      request.closedReason === LAPSED
        ? `*Over* ${at(request.closedAt)}: the access ended before anybody decided.`
        : `*Expired* ${at(request.closedAt)}: nobody decided in time.`,
    approved: (request: AccessRequest): string =>
      `*Approved* ${approvedBy(request)}${at(request.closedAt)}.${request.extension ? ` The access now ends ${when(extendedEnd(request, request.extension))}.` : ''}`,
    provisioning: (grant: Grant): string =>
      grant.lastError === null
        ? '*Setting it up* on the target.'
        : `*Setting it up*, which has failed ${plural(grant.attempts, 'time')} so far and goes on until ${when(grant.provisionBy)}. Last answer: ${error(grant.lastError)}`,
    scheduled: (grant: Grant): string =>
      grant.startBy
        ? `*Approved, not started.* ${mention(grant.holder.slackUserId)} starts it${grant.offeredSeconds === null ? '' : ` for ${duration(grant.offeredSeconds)}, which is what the policy now allows,`} until ${when(grant.startBy)}, or it lapses.`
        : `*Approved.* It starts ${at(grant.startsAt)} and lasts ${duration(grant.durationSeconds)}.`,
    active: (grant: Grant): string =>
      `● *Live* since ${at(grant.activatedAt)}, until ${at(grant.endsAt)}.${asFound(grant)}`,
    revoking: (grant: Grant): string => `*Being taken away:* ${esc(endedBecause(why(grant), grant.endRequestedBy))}.`,
    revokingFailed: (grant: Grant): string =>
      `⚠ *NOT REMOVED: the access may still be there.* It was due ${at(grant.endDueAt)}, and taking it away failed. Elevate keeps trying. Last answer: ${error(grant.lastError ?? '')}`,
    revokingFailedPlain: 'NOT REMOVED, still there after its end',
    neverStarted: (grant: Grant): string =>
      `*Never started,* closed ${at(grant.endedAt)}: ${esc(endedBecause(why(grant), grant.endRequestedBy))}. Nothing of it was on the target.`,
    unusedSoon: (endsAt: Date): string => ` Nobody seems to use it: it ends ${when(endsAt)} unless somebody does.`,
    ended: (grant: Grant): string =>
      `*Ended* ${at(grant.endedAt)}: ${esc(endedBecause(why(grant), grant.endRequestedBy))}.`,
    neverLive: (grant: Grant): string =>
      `*Failed* ${at(grant.endedAt)}: it could not be set up, and nothing of it is left on the target. ${error(grant.endReason ?? '')}`,
  },
  short: {
    pending: 'waiting for approval',
    cancelled: 'cancelled',
    requesterLeft: 'closed, the account was deactivated',
    expired: 'expired, nobody decided',
    lapsed: 'over, the access ended first',
    approved: 'approved',
    provisioning: 'approved, being set up',
    scheduled: (grant: Grant): string =>
      grant.startBy ? 'approved, waits for its start' : `approved, starts ${at(grant.startsAt)}`,
    neverStarted: 'never started',
    active: (grant: Grant): string => `live until ${at(grant.endsAt)}`,
    revoking: 'being taken away',
    ended: 'ended',
    failed: 'could not be set up',
  },
  endReasonLabel: '*Reason for the end*',
  denyReasonLabel: '*Reason for the denial*',
  review,
  superseded: (link: string | null): string =>
    link === null
      ? 'This card was replaced. Its buttons do nothing.'
      : `This card was replaced. Its buttons do nothing; <${link}|the one that counts is here>.`,
};

const decider = ({ user, onBehalfOf }: Decider): string =>
  onBehalfOf === null ? mention(user) : `${mention(user)} for ${mention(onBehalfOf)}`;
/** Who hears of it next, and who has. */
function next({ waiting, stages }: AccessRequest): string {
  const others = esc(groups(stages[waiting?.stage ?? -1]?.wait?.escalateTo ?? []));
  const asked = waiting?.escalatedAt ? ` Since ${when(waiting.escalatedAt)} ${others} may decide too.` : '';
  const reminded = waiting?.remindAt ? ` Reminder ${when(waiting.remindAt)}.` : '';
  const toAsk = waiting?.escalateAt ? ` After ${when(waiting.escalateAt)} ${others} may decide too.` : '';
  return `${asked}${reminded}${toAsk}`;
}

const at = (date: Date | null): string => (date ? when(date) : '');
const howLong = (request: AccessRequest): string =>
  `${duration(request.durationSeconds)}${request.extension ? ' more' : ''}`;
const why = (grant: Grant) => grant.endedBecause ?? 'revoked';
const error = (text: string): string => esc(cut(text, ERROR_SHOWN_MAX));

function approvedBy(request: AccessRequest): string {
  const people = countedApprovals(request);
  if (people.length === 0) return `by rule “${esc(request.policyDecision.rule.name)}” `;
  return `by ${people.map(byWhom).join(', ')} `;
}
