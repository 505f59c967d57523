import type { Grant } from '../../domain/grant.ts';
import type { Role } from '../../domain/policy/types.ts';
import { type AccessRequest, type Extension, extendedEnd } from '../../domain/request.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import type { Subcommand } from '../commands/parse.ts';
import { ERROR_SHOWN_MAX } from '../limits.ts';
import { NEXT } from './en-lookup.ts';
import { asFound, duration, grantStatus, plural, requestStatus, timeLeft } from './en-words.ts';

const EXAMPLES = '`/elevate orders-db/admin 1h fixing stuck orders INC-42`';

/** An example of each command that needs more than its name, for whoever mistypes it. */
const USAGE: Readonly<Partial<Record<Subcommand, string>>> = {
  done: '`/elevate done` or `/elevate done orders-db/admin`',
  extend: '`/elevate extend 30m`, `/elevate extend until 17:00` or `/elevate extend orders-db/admin 30m`',
  who: '`/elevate who orders-db/admin`',
  why: '`/elevate why orders-db/admin 2h`',
  revoke: '`/elevate revoke @somebody` or `/elevate revoke @somebody orders-db/admin`',
  'break-glass': '`/elevate break-glass orders-db/admin the site is down`',
  away: '`/elevate away until friday to @somebody`',
};

/** Answers to what people type: mrkdwn, everything that people wrote escaped. */
const brokeGlass = (request: AccessRequest): string =>
  request.status === 'approved'
    ? `Break-glass: \`${esc(request.role.key)}\` is on its way, for ${duration(request.durationSeconds)}. Everybody who would have been asked is told now, and it will be reviewed.`
    : `Break-glass was asked for \`${esc(request.role.key)}\`, but a guardrail wants somebody to approve it. I write to you as soon as somebody does.`;

function scheduled(grant: Grant): string {
  const what = `\`${esc(grant.roleKey)}\``;
  if (grant.startBy) return `◷ ${what}, not started: start it until ${when(grant.startBy)}, or it lapses`;
  return `◷ ${what} starts ${grant.startsAt ? when(grant.startsAt) : 'later'}`;
}

function askedForMore(request: AccessRequest, extension: Extension): string {
  const what = `\`${esc(request.role.key)}\``;
  return request.status === 'approved'
    ? `You have ${duration(request.durationSeconds)} more of ${what}: it now ends ${when(extendedEnd(request, extension))}.`
    : `Asked for ${duration(request.durationSeconds)} more of ${what}. It still ends ${when(extension.endsAt)} unless somebody approves before.`;
}

/** How many requests wait for the reader; `more`: at least so many. */
const waits = (forYou: number, more: boolean): string =>
  `${more ? 'At least ' : ''}${forYou === 1 ? '1 request waits' : `${forYou} requests wait`} for you.`;

export const commands = {
  help: [
    '*Elevate gives you access for a while, and takes it away again.*',
    '`/elevate` opens a form with everything you may ask for.',
    `${EXAMPLES} asks in one line: role, how long, why, and the ticket where one is needed, in any order.`,
    '`/elevate orders-db/admin 1h at 14:00 deploying` asks for later, and `until 17:00` says when it ends; I show you how I read it before I send it.',
    '`/elevate status` shows what you have, what you wait for and what waits for you.',
    '`/elevate pending` shows only what waits, `/elevate done` gives back what you have, and `/elevate who orders-db/admin` tells who has it.',
    '`/elevate extend 30m` or `/elevate extend until 17:00` asks for more time on what you have; add the role if you have several.',
    '`/elevate away until friday to @somebody` hands over your approvals while you are away, and `/elevate back` ends that.',
    '`/elevate why orders-db/admin` tells what the policy says about it, and why.',
    '`/elevate break-glass orders-db/admin the site is down` gives access at once where the policy lets you; it is told to everybody concerned and reviewed.',
    '`/elevate revoke @somebody` ends everything they have at once, as far as it is yours to end; add a role to end just that one.',
  ].join('\n'),
  didYouMean: (typed: string, meant: Subcommand): string =>
    `I don’t know \`${esc(typed)}\`. Did you mean \`/elevate ${esc(meant)}\`?${USAGE[meant] === undefined ? '' : ` For example ${USAGE[meant]}.`} \`/elevate help\` shows all there is.`,
  examples: `For example ${EXAMPLES}, or \`/elevate\` alone for the form, or \`/elevate help\`.`,
  revokeWhom:
    'Whose access? Write `/elevate revoke @somebody`, with a role behind it to end just that one: `/elevate revoke @somebody orders-db/admin`.',
  nothingPending: 'Nothing waits for you, and you wait for nothing.',
  who: {
    how: 'Which role? Write `/elevate who orders-db/admin`.',
    title: (role: Role): string => `*${esc(role.title)}* \`${esc(role.key)}\` is held by`,
    nobody: (role: Role): string => `Nobody has \`${esc(role.key)}\` now.`,
    holder: (grant: Grant): string =>
      `• ${mention(grant.holder.slackUserId)}, ${grantStatus[grant.status]}${grant.endsAt ? `, until ${when(grant.endsAt)}` : ''}${asFound(grant)}`,
    summary: (role: Role, count: number): string =>
      `${esc(role.key)} is held by ${count === 1 ? '1 person' : `${count} people`}.`,
  },
  breakGlassHow:
    'Break-glass needs the role and why: `/elevate break-glass orders-db/admin the site is down`. A duration such as 15m, or until 17:00, may stand in front of why.',
  asked: (request: AccessRequest): string =>
    request.breakGlass
      ? brokeGlass(request)
      : request.extension
        ? askedForMore(request, request.extension)
        : request.stages.length === 0
          ? request.startsAt
            ? `Asked for \`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}. Nobody has to approve it: it starts by itself ${when(request.startsAt)}.`
            : request.role.startWithinSeconds !== null
              ? `Asked for \`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}. Nobody has to approve it: press *Start* in my message when you need it.`
              : `Asked for \`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}. Nobody has to approve it; I write to you when it is live.`
          : `Asked for \`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}${request.startsAt ? `, starting ${when(request.startsAt)}` : ''}. I write to you as soon as somebody decides.`,
  link: (url: string): string => ` <${url}|See the request>.`,
  tooSlow: 'Slack closes a form that opens late, and looking that up took too long. Please do the same once more.',
  /** An answer that came too late for the form it belongs to. */
  notSent: 'Nothing was sent: open the form again.',
  formLost:
    'Nothing was sent yet: there is something to look at in the form, and Slack did not let me show it. Please open it again.',
  /** Plain text, as is the next: it may stand at a field. */
  failed: (detail: string, lasting: boolean): string =>
    `That did not work, and nothing was changed as far as I know: ${detail}. ${lasting ? NEXT.lasts : NEXT.passes}`,
  broken: (reference: string): string =>
    `Something is wrong on our side. Check the card or /elevate status before you try again, and tell whoever runs Elevate this number: ${reference}.`,
  status: {
    plainTitle: 'Your access',
    holding: '*You have*',
    waiting: '*You wait for*',
    forYou: '*Waiting for you*',
    nothing: 'You have no access now, wait for nothing, and nobody waits for you. `/elevate` asks for access.',
    grant: (grant: Grant, now: Date): string =>
      grant.status === 'scheduled'
        ? scheduled(grant)
        : grant.endsAt && grant.status === 'active'
          ? `● \`${esc(grant.roleKey)}\` for ${timeLeft(grant.endsAt, now)} more, until ${when(grant.endsAt)}${asFound(grant)}`
          : `\`${esc(grant.roleKey)}\`, ${grant.status === 'revoking' && grant.lastError !== null ? '⚠ over, but not removed yet' : grantStatus[grant.status]}`,
    pending: (request: AccessRequest): string =>
      `\`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}, asked ${when(request.createdAt)}, closes ${when(request.expiresAt)}`,
    forMe: (request: AccessRequest): string =>
      `${mention(request.requester.slackUserId)}: \`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}, closes ${when(request.expiresAt)}`,
    more: (count: number, atLeast: boolean): string => `and ${atLeast ? 'at least ' : ''}${count} more`,
    openCard: (url: string): string => ` · <${url}|card>`,
    summary: (holding: number, waiting: number, forYou: number, more: boolean): string =>
      `You have ${plural(holding, 'role')}, and wait for ${plural(waiting, 'approval')}. ${waits(forYou, more)}`,
    pendingSummary: (waiting: number, forYou: number, more: boolean): string =>
      `You wait for ${plural(waiting, 'approval')}. ${waits(forYou, more)}`,
  },
  home: {
    intro: 'Elevate gives you access for a while, and takes it away again. Type `/elevate` in any channel to ask.',
    ask: 'Ask for access',
    past: '*Your earlier requests*',
    pastRow: (request: AccessRequest): string =>
      `\`${esc(request.role.key)}\` for ${duration(request.durationSeconds)}, asked ${when(request.createdAt)}, ${requestStatus[request.status]}`,
    reviews: '*Break-glass to review*',
    reviewRow: (request: AccessRequest): string =>
      `${mention(request.requester.slackUserId)}: \`${esc(request.role.key)}\` ${when(request.createdAt)}${request.breakGlass?.review ? `, review due ${when(request.breakGlass.review.dueAt)}` : ''}`,
    failing: '*⚠ Access that could not be taken away*',
    failingRow: (grant: Grant): string =>
      `${mention(grant.holder.slackUserId)} may still have \`${esc(grant.roleKey)}\`, due to end ${grant.endDueAt ? when(grant.endDueAt) : 'before now'}; ${plural(grant.attempts, 'attempt')} failed. ${esc(cut(grant.lastError ?? '', ERROR_SHOWN_MAX))}`,
    drift: '*Not as granted*',
    counted: (title: string, total: number): string => `${title} · ${total}`,
    part: (title: string, from: number, to: number, total: number, more: boolean): string =>
      `${title} · ${from}–${to} of ${more ? 'more than ' : ''}${total}`,
    before: '‹ Previous',
    after: 'Next ›',
    again: 'Ask again…',
    againLabel: (request: AccessRequest): string => `Ask for ${request.role.title} again`,
    nothing: 'You have no access now, wait for nothing, and nobody waits for you.',
    everything: '*All live and scheduled access*',
    howToEnd:
      '`/elevate revoke @somebody` ends everything somebody has; `/elevate revoke @somebody orders-db/admin` ends just that.',
    grantRow: (grant: Grant): string =>
      `${grant.status === 'revoking' && grant.lastError !== null ? '⚠ ' : '• '}${mention(grant.holder.slackUserId)} \`${esc(grant.roleKey)}\`, ${grantStatus[grant.status]}${grant.status === 'scheduled' && grant.startsAt ? `, starts ${when(grant.startsAt)}` : ''}${grant.endsAt ? `, ends ${when(grant.endsAt)}` : ''}${asFound(grant)}`,
  },
};
