import { type LookupFailure, passes } from '../../domain/policy/lookup.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { cut, esc, when } from '../blocks.ts';
import { lookupFailure, lookupNext, NEXT } from './en-lookup.ts';
import { duration, either, grantStatus, groups, plural, requestStatus, standing } from './en-words.ts';

/** How much of somebody's own words is said back to them. */
const WRITTEN_SHOWN_MAX = 40;
/** Where a refusal holds words that somebody typed, which may be long. */
const TYPED = new Set(['written', 'typed', 'until', 'duration']);

function escaped(no: Refusal): Refusal {
  return escapeEach(no, '') as Refusal;
}

function escapeEach(value: unknown, key: string): unknown {
  if (typeof value === 'string') return esc(TYPED.has(key) ? cut(value, WRITTEN_SHOWN_MAX) : value);
  if (Array.isArray(value)) return value.map((each) => escapeEach(each, key));
  if (typeof value !== 'object' || value === null || isDate(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, each]) => [inner, escapeEach(each, inner)]));
}

const isDate = (value: object): boolean => Object.prototype.toString.call(value) === '[object Date]';

/**
 * Why the answer is no, and what to do next: mrkdwn, with everything escaped that people or a policy wrote. Of markup it has only commands
 * in code and moments, so that `asPlain` makes of it what a field's error may say.
 */
export function refusal(refused: Refusal): string {
  const no = escaped(refused);
  switch (no.code) {
    case 'person_may_not_use':
      return `Elevate works for members of this workspace only, and this is ${standing[no.standing]}. If that is wrong, ask a workspace admin to change the account.`;
    case 'requester_may_no_longer':
      return `The person who asked may no longer have access: theirs is now ${standing[no.standing]}. Deny the request, or let it expire.`;
    case 'email_changed':
      return `Your Slack account and the address ${no.email} are not the pair that Elevate knows, so you may not ask or decide for now. Ask an Elevate admin to confirm the change.`;
    case 'role_unknown':
      return no.suggestions.length > 0
        ? `There is no role “${no.role}”. Did you mean ${either(no.suggestions)}?`
        : `There is no role “${no.role}”. Type \`/elevate\` alone to search what you may ask for.`;
    case 'role_not_offered':
      return `No rule of the policy lets you ask for ${no.role} now. Type \`/elevate why ${no.role}\` to see what you would need for it.`;
    case 'policy_denied':
      return no.message === null
        ? `The policy says no to ${no.role} for you (rule “${no.rule}”). If you need it for your work, type \`/elevate why ${no.role}\` to see what would help, or talk to whoever owns the resource.`
        : `The policy says no to ${no.role} for you (rule “${no.rule}”). ${no.message}`;
    case 'facts_unavailable':
      return `The policy cannot be asked now, because ${no.detail}. Nothing was decided. ${no.lasting ? NEXT.lasts : NEXT.passes}`;
    case 'duration_too_long':
      return `${duration(no.askedSeconds)} is more than you can have here. Ask for ${duration(no.maxSeconds)} at most.`;
    case 'duration_too_short':
      return `That is too short. Ask for ${duration(no.minSeconds)} at least.`;
    case 'duration_unreadable':
      return `I can’t read “${no.written}” as a time. Write how long, such as 30m, 1h30 or 2 hours, or the end, such as until 17:00.`;
    case 'time_unreadable':
      return `I can’t read “${no.written}” as a time of day. Write 14:00, 9am, tomorrow 9am or friday 18:00.`;
    case 'time_missing':
      return `At what time? Write “${no.written}” with a time behind it, such as ${no.written} 17:00.`;
    case 'time_past':
      return `That time, “${no.written}”, is past. For the next day write tomorrow in front of it, such as tomorrow 9am.`;
    case 'two_ends':
      return `Say either how long (${no.duration}) or until when (${no.until}), not both.`;
    case 'start_passed':
      return 'That start is past by now. Write a later one, or leave it empty to begin at once.';
    case 'two_starts':
      return 'You wrote two starts. Keep one of them.';
    case 'end_before_start':
      return 'It would end before it starts. Write a later end, such as 1h, or until with a time behind the start.';
    case 'start_denied':
      return `The policy no longer allows this (“${no.rule}”), so it was closed and nothing was set up.${no.message === null ? '' : ` ${no.message}`}`;
    case 'start_shorter':
      return `The policy allows ${duration(no.capSeconds)} at most by now (“${no.rule}”). My new message lets you start it for that long, or cancel it.`;
    case 'start_too_far':
      return `That is too far ahead. Ask for a start within ${duration(no.maxSeconds)}.`;
    case 'reason_too_short':
      return `Say a little more: the reason needs ${plural(no.minLength, 'character')} at least, so that whoever reads it later understands.`;
    case 'reason_too_long':
      return `The reason is too long. Keep it to ${no.maxLength} characters and link to the rest.`;
    case 'ticket_missing':
      return 'This role needs a ticket. Add its number.';
    case 'ticket_too_long':
      return `A ticket’s number has ${no.maxLength} characters at most. Keep just the number, and put the rest into the reason.`;
    case 'ticket_malformed':
      return no.example === null
        ? `That does not look like a ticket for this role. It must match ${no.pattern}.`
        : `That does not look like a ticket for this role. Write it like ${no.example}.`;
    case 'already_requested':
      return no.status === 'pending'
        ? 'You have asked for this already, and that request still waits. Press Nudge in my message about it, or cancel it there first.'
        : no.status === 'scheduled'
          ? 'You have this access already, and it has not started yet. Start it, or cancel it first: see `/elevate status`.'
          : 'You have this access already. For more time type `/elevate extend`; to ask anew, end it first with `/elevate done`.';
    case 'stage_cannot_be_filled':
      return stageCannotBeFilled(no);
    case 'channel_unreachable':
      return `Nobody would see this request. ${no.problem}. Whoever maintains the policy can name another channel as well.`;
    case 'subject_unresolved':
      return `Elevate could not work out who you are on the target: ${no.detail}. Whoever maintains the policy can fix that.`;
    case 'request_not_found':
      return 'That request is not known here. It may belong to another installation of Elevate.';
    case 'request_not_pending':
      return no.by === null
        ? `There is nothing left to decide: the request is ${requestStatus[no.status]}.`
        : `There is nothing left to decide: the request is ${requestStatus[no.status]}, by ${no.by.name}.`;
    case 'request_changed':
      return 'The request has changed since you looked. Read the card again, then decide.';
    case 'own_request':
      return 'Nobody decides on their own request. If you no longer need it, cancel it in your messages with Elevate.';
    case 'not_an_approver':
      return no.unavailable === null
        ? `This is for ${groups(no.from)} to decide, and you are not one of them now. Leave it to them, or ask whoever maintains the policy to add you.`
        : `This is for ${groups(no.from)} to decide. Elevate could not look all of them up (${lookupFailure(no.unavailable)}), so it cannot count you. ${lookupNext(no.unavailable)}`;
    case 'delegation_over':
      return `You decided in the place of ${no.of.name}, whose time away is over, so this is for ${groups(no.from)} to decide. Leave it to them; if ${no.of.name} is still away, they can say so again with \`/elevate away until friday to @you\`.`;
    case 'needed_later':
      return `You are needed for stage ${no.stage + 1} (${groups(no.from)}), which could not be filled without you, and one person counts once. Leave this stage to somebody else of ${groups(no.now)}, and approve when stage ${no.stage + 1} is asked.`;
    case 'already_counted':
      return 'Your approval is counted already. Somebody else has to give the next one.';
    case 'delegated_by_requester':
      return 'You act for the person who asked, and nobody decides on their own request, not even through somebody else.';
    case 'away_until_unread':
      return `Until when? “${no.typed}” is no time. Write it like \`/elevate away until friday\`, \`until tomorrow 12:00\`, \`until 2026-12-24\` or \`until 3d\`.`;
    case 'away_in_the_past':
      return 'That moment is past. Write one that is ahead of us, such as `/elevate away until friday`.';
    case 'away_too_long':
      return `That is too long to be away at once: ${duration(no.maxSeconds)} at most. Whoever is away for longer should leave the group for that time.`;
    case 'away_to_oneself':
      return 'Nobody decides in their own place. Name somebody else, or nobody if you only want to be left alone.';
    case 'may_not_hand_over':
      return no.unavailable === null
        ? 'The policy lets none of your groups hand over approvals. Leave the name out to be left alone, or ask whoever maintains the policy for delegate: true.'
        : `You may not hand over approvals for now${unsure(no.unavailable)}`;
    case 'delegate_may_not_decide':
      return `That is ${standing[no.standing]}, which may not decide. Name a member of this workspace.`;
    case 'not_away':
      return 'You are not away. Type `/elevate away` to see how to say so.';
    case 'edit_changes_nothing':
      return 'That is what was asked for already. Write a shorter time or choose a narrower role, or press Back.';
    case 'edit_not_shorter':
      return `An approver may shorten the time, not lengthen it: write ${duration(no.maxSeconds)} at most.`;
    case 'role_not_narrower':
      return `The policy does not let an approver give ${no.role} instead. Choose a role from the list.`;
    case 'narrower_role_held':
      return `The person who asked has ${no.role} already, or waits for it. Deny this request, or choose another role.`;
    case 'edit_denied':
      return `The policy does not give the person who asked ${no.role} like this (rule “${no.rule}”), so nothing was changed.${no.message === null ? '' : ` ${no.message}`}`;
    case 'guardrail_now_denies':
      return no.message === null
        ? `The policy no longer allows this (“${no.rule}”), so the request was closed.`
        : `The policy no longer allows this (“${no.rule}”), so the request was closed. ${no.message}`;
    case 'cap_now_lower':
      return `The policy now allows ${duration(no.capSeconds)} at most (“${no.rule}”). Shorten the request with Change…, or deny it; the requester can ask again for less.`;
    case 'deny_reason_missing':
      return 'Say why, so that the requester knows what to do next.';
    case 'not_the_requester':
      return 'Only the person whose access this is can do that. An owner of the role or an admin can end it with `/elevate revoke`.';
    case 'grant_not_found':
      return 'That access is not known here. It may belong to another installation of Elevate.';
    case 'nothing_to_revoke':
      return 'They have no live access that matches. Check the name and the role, or look at the card in its channel.';
    case 'grant_not_live':
      return `That cannot be done now: the access is ${grantStatus[no.status]}. See what you have with \`/elevate status\`.`;
    case 'nothing_failing':
      return 'Nothing here waits to be taken away any more. The message where you pressed follows in a moment; the thread of the request tells how it ended.';
    case 'reminders_used_up':
      return `They were told as often as the policy allows for one request, ${plural(no.max, 'time')}. Talk to one of them, or wait for an answer.`;
    case 'reminded_just_now':
      return `They have only just been told. You can nudge them again ${when(no.againAt)}.`;
    case 'nothing_to_review':
      return 'There is nothing to review here: break-glass was not used.';
    case 'reviewed_already':
      return `The review is closed already${no.by ? ` by ${no.by.name}` : ''}: ${no.verdict === 'justified' ? 'justified' : 'not justified'}. The card shows what they found.`;
    case 'own_review':
      return 'Nobody reviews their own use of break-glass. Somebody else has to look at it; the card says who may.';
    case 'not_a_reviewer':
      return no.unavailable === null
        ? `This is for ${groups([...no.from, 'an Elevate admin'])} to review, and you are not one of them now. Leave it to them.`
        : `This is for ${groups([...no.from, 'an Elevate admin'])} to review${unsure(no.unavailable)}`;
    case 'review_comment_missing':
      return 'Say what you found, so that somebody understands it a year later.';
    case 'extensions_used_up':
      return no.max === 0
        ? 'The policy lets nobody extend this access. Ask anew when it has ended, if you still need it.'
        : `This access was extended ${plural(no.max, 'time')} already, which is all that the policy allows. Ask anew when it has ended, if you still need it.`;
    case 'extension_has_no_start':
      return `More time follows on the end that there is, so “${no.written}” cannot be its start. Write how much more or until when, as in \`/elevate extend 30m\` or \`/elevate extend until 17:00\`.`;
    case 'extension_not_later':
      return `It lasts until ${when(no.endsAt)} anyway. Write a later end, or how much more, such as 30m.`;
    case 'break_glass_has_no_start':
      return `Break-glass begins at once, so leave “${no.written}” out, as in \`/elevate break-glass orders-db/admin the site is down\`. What can wait is asked for without break-glass.`;
    case 'already_extended':
      return 'This access was extended since you looked. Look at its end again before you ask for more.';
    case 'still_there':
      return `The target says that it is still there (${typeof no.found === 'number' ? plural(no.found, 'open session') : no.found}), so it was not closed. Take it away there, or press Retry now.`;
    case 'holder_may_not_resolve':
      return 'The target cannot be asked now, and nobody closes their own access on their word. Somebody else in charge has to.';
    case 'resolve_reason_missing':
      return `The target cannot be asked now (${no.detail}). Write how you know that it is gone, and it is closed on your word.`;
    case 'drift_not_found':
      return 'That is not known here any more. The newest message in the channel shows what there is.';
    case 'drift_closed':
      return 'That is settled: the target no longer shows it. There is nothing left to do.';
    case 'drift_not_ours':
      return `${no.grantor} gave it on the target, not Elevate, and Elevate never takes away what others gave. Ask them, or whoever administers the target, to take it away there; the next look then settles it. If it may stay, press Accept.`;
    case 'drift_decided':
      return `${driftDecided(no)} Nothing more is needed; the newest message in the channel shows how it stands.`;
    case 'may_not_decide_drift':
      return no.unavailable === null
        ? `This is for ${groups(no.owners)} to decide, and you are not one of them now. Show it to one of them.`
        : `This is for ${groups(no.owners)} to decide${unsure(no.unavailable)}`;
    case 'own_drift':
      return `This is your own access, and nobody says of their own that it may stay. Somebody else of ${groups(no.owners)} has to. If you do not need it, press the button that takes it away.`;
    case 'drift_owner_unfit':
      return no.why === 'holder'
        ? 'Whoever has this access cannot answer for it. Name somebody else.'
        : `That is ${standing[no.why]}, which cannot answer for access. Name a member of this workspace.`;
    case 'review_date_invalid':
      return 'Pick a day that is ahead of us, and within a year.';
    case 'no_live_access':
      return 'You have no live access for that. See what you have with `/elevate status`, or ask with `/elevate`.';
    case 'which_access':
      return `You have more than one access. Say which one: ${either(no.roles)}, as in \`/elevate ${no.command} ${no.roles[0] ?? 'orders-db/admin'}\`.`;
    case 'may_not_look':
      return `Who has this role is told to those who may ask for it${no.owners.length > 0 ? `, and to ${groups(no.owners)}` : ''}${no.unavailable === null ? '. You are not one of them now: ask an Elevate admin.' : unsure(no.unavailable)}`;
    case 'may_not_revoke':
      if (no.unavailable !== null) return `You may not end this access for now${unsure(no.unavailable)}`;
      return `You may not end this access. ${no.owners.length > 0 ? `These groups may: ${no.owners.join(', ')}` : 'The policy names no group that may'}. An approver of its request may as well.`;
  }
}

/** Behind the answer to somebody who may well have the right, as soon as that can be looked up; with its full stop. */
const unsure = (failure: LookupFailure): string =>
  `, since Elevate could not look up whether you are one of them (${lookupFailure(failure)}). ${lookupNext(failure)}`;

function stageCannotBeFilled(no: Extract<Refusal, { code: 'stage_cannot_be_filled' }>): string {
  const who = groups(no.from);
  const nor =
    no.fallback.length > 0
      ? `, and ${groups(no.fallback)}, which the policy falls back to, cannot fill that either`
      : '';
  return no.unavailable === null
    ? `Nobody could approve this: it is ${plural(no.missing, 'person').replace('persons', 'people')} short of what ${who} must give${nor}. Ask whoever maintains the policy to name more approvers.`
    : `${passes(no.unavailable) ? 'Elevate could not look up who may approve this' : 'Nobody could approve this'} (${lookupFailure(no.unavailable)})${nor}. ${lookupNext(no.unavailable)}`;
}

function driftDecided({ status, by }: Extract<Refusal, { code: 'drift_decided' }>): string {
  const who = by?.name ?? 'Elevate';
  switch (status) {
    case 'accepted':
      return `${who} has accepted it already.`;
    case 'ignored':
      return `${who} has said already to ignore it for a while.`;
    case 'revoking':
      return by ? `${who} has said already to take it away.` : 'Elevate is taking it away already.';
  }
}
