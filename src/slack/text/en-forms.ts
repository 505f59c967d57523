import type { Grant } from '../../domain/grant.ts';
import type { LookupFailure } from '../../domain/policy/lookup.ts';
import type { Role, TicketRule } from '../../domain/policy/types.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { Times } from '../../domain/written/times.ts';
import type { RoleOffer } from '../../usecases/offer-roles.ts';
import { esc, mention, when } from '../blocks.ts';
import { MENTIONS_MAX } from '../limits.ts';
import { lookupFailure, lookupNext } from './en-lookup.ts';
import { duration, inZone, plural, risk } from './en-words.ts';

function until({ startsAt, endsBy, durationSeconds }: Times, zone: string): string {
  if (endsBy) return `*ends* ${inZone(endsBy, zone)}${startsAt ? '' : ', whenever that is'}`;
  if (startsAt && durationSeconds !== null) {
    return `*ends* ${inZone(new Date(startsAt.getTime() + durationSeconds * 1000), zone)}, ${duration(durationSeconds)} later`;
  }
  return 'for as long as is usual';
}

/** Words of the modals. Slack shows titles and buttons of 24 characters at most. `mrkdwn…` is escaped mrkdwn, the rest is plain. */
export const forms = {
  ask: {
    title: 'Ask for access',
    submit: 'Ask',
    close: 'Close',
    role: 'What do you need?',
    rolePlaceholder: 'Search by name, resource or environment',
    roleHint: 'You see only what you may ask for.',
    duration: 'For how long?',
    durationHint: (max: number): string => `At most ${duration(max)}. Write 30m, 1h30 or until 17:00.`,
    start: 'When does it start?',
    startHint: 'As soon as it is approved, unless you write 14:00, tomorrow 9am or friday 18:00.',
    mrkdwnUnderstood: (times: Times, zone: string): string =>
      `◷ ${times.startsAt ? `*Starts* ${inZone(times.startsAt, zone)}` : '*Starts* as soon as it is approved'}, ${until(times, zone)} (${esc(zone)}). Press *Ask* to send it.`,
    ticket: 'Ticket',
    ticketHint: ({ pattern, example }: Pick<TicketRule, 'pattern' | 'example'>): string => {
      if (example !== null) return `Such as ${example}.`;
      return pattern === null ? 'The number of the ticket this is for.' : `It must match ${pattern}`;
    },
    reason: 'What is it for?',
    reasonPlaceholder: 'Which problem are you working on?',
    reasonHint: (min: number): string =>
      `${min > 0 ? `At least ${plural(min, 'character')}. ` : ''}Approvers read it, and it is kept with the audit.`,
    /** Before anything is sent: whom that would reach. */
    asked: (stages: readonly number[], seconds: number): string => {
      const [first, ...later] = stages.map((count) => (count === 1 ? '1 person' : `${count} people`));
      if (first === undefined) return `For ${duration(seconds)} nobody has to be asked.`;
      const then = later.map((people) => `, and then ${people}`).join('');
      const most = (stages[0] ?? 0) > MENTIONS_MAX ? ` (${MENTIONS_MAX} of them by mention)` : '';
      return `For ${duration(seconds)}, sending it notifies ${first}${most}${then}.`;
    },
    mrkdwnAbout: (url: string): string => `About <${url}|this message>. Approvers see the link.`,
    mrkdwnOffer: (offer: RoleOffer): string =>
      `${risk[offer.risk]} · ${esc(offer.resource)} · ${esc(offer.environment)} · \`${esc(offer.key)}\``,
    optionText: (offer: RoleOffer): string => offer.title,
    optionDescription: (offer: RoleOffer): string => `${offer.environment} · ${risk[offer.risk]} · ${offer.key}`,
    recents: 'Asked for lately',
    moreMatches: (shown: number, total: number): string => `first ${shown} of ${total}, type to narrow`,
    nothing:
      'There is nothing that the policy lets you ask for now. If you need something for your work, talk to whoever owns it.',
    chooseRole: 'Choose what you need first.',
    durationUnread: 'That is no duration. Write 30m, 1h, 1h30 or 90m.',
  },
  deny: {
    title: 'Deny request',
    submit: 'Deny',
    close: 'Back',
    reason: 'Why not?',
    reasonHint: 'The requester reads it, and so does everybody in the thread.',
    done: 'Denied. The card shows it, and the requester is told.',
    mrkdwnWhat: (request: AccessRequest): string =>
      `${mention(request.requester.slackUserId)} asked for *${esc(request.role.title)}* on ${esc(request.role.resource)} (${esc(request.role.environment)}) for ${duration(request.durationSeconds)}.`,
  },
  edit: {
    title: 'Change request',
    submit: 'Change it',
    close: 'Back',
    role: 'Which role?',
    same: (request: AccessRequest): string => `${request.role.title}, as asked`,
    narrower: (role: Pick<Role, 'title'>): string => role.title,
    narrowerDescription: (approvals: number): string =>
      approvals === 0 ? 'Needs nobody: it goes live at once' : `Needs ${plural(approvals, 'approval')}`,
    duration: 'For how long?',
    durationHint: (max: number): string => `${duration(max)} or less.`,
    mrkdwnWhat: (request: AccessRequest): string =>
      `${mention(request.requester.slackUserId)} asked for *${esc(request.role.title)}* on ${esc(request.role.resource)} (${esc(request.role.environment)}) for ${duration(request.durationSeconds)}. They are told what you change. After less time, approvals given so far still count; after another role, everybody is asked anew. This does not approve it yet.`,
    done: 'Changed. The card shows it, and the requester is told.',
  },
  extend: {
    title: 'More time',
    submit: 'Ask',
    close: 'Close',
    duration: 'How much longer?',
    reason: 'What is it for?',
    mrkdwnWhat: (request: AccessRequest, grant: Grant): string =>
      `*${esc(request.role.title)}* on ${esc(request.role.resource)} ends ${grant.endsAt ? when(grant.endsAt) : 'soon'}. That stands until more is approved.`,
  },
  review: {
    title: 'Review break-glass',
    submit: 'Close review',
    close: 'Later',
    verdict: 'Was it justified?',
    justified: 'Justified',
    unjustified: 'Not justified',
    comment: 'What did you find?',
    commentHint: 'It stands on the card, and it is kept with the audit.',
    done: 'Thank you. The review is closed, and the card shows it.',
    mrkdwnWhat: (request: AccessRequest): string =>
      `${mention(request.requester.slackUserId)} used break-glass for *${esc(request.role.title)}* on ${esc(request.role.resource)} (${esc(request.role.environment)}), ${duration(request.durationSeconds)}, ${when(request.createdAt)}. Their reason:`,
  },
  revoke: {
    title: 'End access now?',
    submit: 'End it now',
    close: 'Keep it',
    mrkdwnIntro: (holder: string, count: number): string =>
      `⚠ ${count === 1 ? 'This' : `These ${count}`} of ${mention(holder)} ${count === 1 ? 'ends' : 'end'} at once, with the sessions that use ${count === 1 ? 'it' : 'them'} where the target can end them:`,
    mrkdwnGrant: (grant: Grant): string =>
      `• \`${esc(grant.roleKey)}\`, ${grant.endsAt ? `would end ${when(grant.endsAt)}` : grant.status === 'scheduled' ? 'not started yet' : 'being set up'}`,
    more: (count: number): string => `• and ${count} more`,
    mrkdwnUnsure: (why: LookupFailure): string =>
      `⚠ There may be more: who may end it could not be looked up (${esc(lookupFailure(why))}). ${esc(lookupNext(why))}`,
    reason: 'Why?',
    reasonHint: 'The holder reads it, and it is kept with the audit.',
    mrkdwnDone: (grants: readonly Grant[]): string =>
      `Ending now: ${grants.map((grant) => `\`${esc(grant.roleKey)}\``).join(', ')}. The cards tell when it is read back as gone.`,
  },
  wait: { title: 'Elevate', text: 'One moment, looking that up.' },
  notice: { title: 'Elevate', close: 'Close' },
};
