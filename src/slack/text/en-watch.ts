import type { Drift } from '../../domain/drift.ts';
import type { Trouble } from '../../domain/effect.ts';
import type { Grant } from '../../domain/grant.ts';
import type { SlackUserId } from '../../domain/ids.ts';
import { canonicalJson, type Json } from '../../domain/json.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { Wave } from '../../usecases/ports.ts';
import { RESOLVED_AT_ONCE, type ResolvedTarget } from '../../usecases/step-in-for-all.ts';
import type { AlertView, Failing, KnownSystem, OnWord, SecurityNotice } from '../../usecases/watch-ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX } from '../limits.ts';
import { duration, mentions, plural, stillGiven } from './en-words.ts';

/** Of each of several errors in one message. */
const SEVERAL_ERRORS_SHOWN_MAX = 100;
/** Of the role, where several grants are in one message. */
const ROLE_SHOWN_MAX = 60;
/** Of what the reconciler cannot look at. */
const BLIND_SHOWN_MAX = 5;
/** Of the names of groups that an alert was escalated to. */
const GROUPS_SHOWN_MAX = 300;

/** What the security channel reads: revocations that fail, access that nobody granted, and trouble with our own database. */
export const watch = {
  alert: {
    failing: (request: AccessRequest, grant: Grant): string =>
      `⚠ *Access was not removed.* ${mention(request.requester.slackUserId)} may still have ${role(request)}, which was due to end ${at(grant.endDueAt)}. Taking it away failed${grant.attempts > 1 ? ` ${grant.attempts} times` : ''}${grant.lastTriedAt ? `, the last time ${when(grant.lastTriedAt)}` : ''}; Elevate keeps trying.`,
    permanent:
      'The target refuses, so trying again will not help by itself: *somebody has to act*. Put right what it complains about, or take the access away there by hand.',
    transient: 'If it cannot wait, take it away on the target by hand, and then press *Mark resolved*.',
    reappeared: (request: AccessRequest): string =>
      `⚠ *Access that should be gone is there.* ${mention(request.requester.slackUserId)} has ${role(request)} on the target, although it had ended or was closed. It is being taken away.`,
    gone: (request: AccessRequest, grant: Grant, others: readonly string[], word?: 'right' | 'wrong'): string =>
      `✓ *Gone.* ${role(request)} of ${mention(request.requester.slackUserId)} was read back as gone ${at(grant.endedAt)}${late(grant)}.${stillGiven(others)}${word === 'wrong' ? ' It had been closed without proof before that, and *was still there*: the thread of its card tells who closed it, and why.' : ''}`,
    kept: (request: AccessRequest, grant: Grant, keeper: string): string =>
      `✓ *Over.* ${role(request)} of ${mention(request.requester.slackUserId)} ended ${at(grant.endedAt)}${late(grant)}. *The same access on the target stays*, because another grant (${esc(keeper)}) still has it; it is taken away when that one ends.`,
    neverCalled: (request: AccessRequest): string =>
      `✓ *Over.* ${role(request)} of ${mention(request.requester.slackUserId)} was never given on the target, so there was nothing to take away.`,
    unverified: (request: AccessRequest, grant: Grant): string =>
      `◐ *Closed without proof.* ${closedBy(grant)} says that ${role(request)} of ${mention(request.requester.slackUserId)} is gone: “${esc(cut(grant.endReason ?? '', ERROR_SHOWN_MAX))}”. The target could not be asked. Elevate keeps looking, and takes it away if it is still there.`,
    confirmed: (request: AccessRequest, grant: Grant): string =>
      `✓ *Gone.* ${role(request)} of ${mention(request.requester.slackUserId)} was closed without proof by ${closedBy(grant)}: “${esc(cut(grant.endReason ?? '', ERROR_SHOWN_MAX))}”. Elevate has looked since: nothing of it is left on the target.`,
    detail: (request: AccessRequest, grant: Grant, card: string | null): string =>
      `\`${esc(request.role.key)}\` · ${esc(request.role.connector)} · subject ${esc(request.role.subject)} · ${request.id} · ${grant.id}${card === null ? '' : ` · <${card}|card and thread>`}${grant.lastError === null ? '' : `\nThe target’s last answer: ${error(grant.lastError)}`}`,
    inCharge: (people: readonly SlackUserId[], groups: readonly string[]): string =>
      people.length > 0 ? `In charge: ${mentions(people)}.` : `In charge: ${esc(groups.join(', '))}.`,
    escalation: ({ escalated, next }: Pick<AlertView, 'escalated' | 'next'>): string =>
      [
        escalated.length > 0 ? ` Escalated to ${esc(cut(escalated.join(', '), GROUPS_SHOWN_MAX))}.` : '',
        next ? ` ${esc(cut(next.groups.join(', '), GROUPS_SHOWN_MAX))} will be told ${when(next.at)}.` : '',
      ].join(''),
    repeat: (grant: Grant, repeat: number): string =>
      `⚠ *Still not removed* (reminder ${repeat}), ${plural(grant.attempts, 'attempt')} so far. ${error(grant.lastError ?? '')}`,
    retry: 'Retry now',
    retryLabel: (request: AccessRequest): string => `Try now to take away ${request.role.title}`,
    resolve: 'Mark resolved…',
    resolveLabel: (request: AccessRequest): string =>
      `Say that ${request.role.title} is gone; the target is asked first`,
    retried: 'It is tried now; the message above tells how it goes.',
  },
  alarm: {
    failing: (connector: string, failing: Failing): string =>
      `⚠ *${plural(failing.total, 'grant')} on ${esc(connector)} ${failing.total === 1 ? 'was' : 'were'} not removed.* The oldest was due to end ${at(failing.since)}. Whoever had them may still get in. Elevate keeps trying each of them${failing.lastTriedAt ? `; the last try failed ${when(failing.lastTriedAt)}` : ''}.`,
    errors: (failing: Failing): string =>
      [
        'What the target answers:',
        ...failing.errors.map(
          ({ error: said, grants }) => `• ${plural(grants, 'grant')}: ${esc(cut(said, SEVERAL_ERRORS_SHOWN_MAX))}`,
        ),
        failing.permanent > 0
          ? `${failing.permanent === failing.total ? 'It refuses' : `It refuses ${failing.permanent} of them`}, so trying again will not help by itself: *somebody has to act*.`
          : 'If it cannot wait, take them away on the target by hand, and then press *Mark all resolved*.',
      ].join('\n'),
    line: (request: AccessRequest, grant: Grant): string =>
      `${mention(request.requester.slackUserId)} may still have ${esc(cut(request.role.title, ROLE_SHOWN_MAX))}, due to end ${at(grant.endDueAt)}; ${plural(grant.attempts, 'attempt')} failed. \`${grant.id}\``,
    more: (count: number): string =>
      `and ${count} more. Each one’s own thread tells of it, and so does \`elevate grant show ID\`.`,
    repeat: (failing: Failing, repeat: number): string =>
      `⚠ *Still not removed* (reminder ${repeat}): ${plural(failing.total, 'grant')}. ${error(failing.errors[0]?.error ?? '')}`,
    over: '✓ *Over.* Nothing on this target waits to be taken away any more. Each grant’s thread tells how it ended.',
    overAfterWord:
      '✓ *Over.* Nothing on this target waits to be taken away any more, and the target has told of what was closed on somebody’s word. Each grant’s thread tells how it ended, and whether it was still there until then.',
    /** Whoever had them may still get in: what somebody said is no proof. */
    unverified: ({ connector, total }: OnWord): string =>
      `◐ *Closed without proof.* Nothing on ${esc(connector)} fails any more, but ${plural(total, 'grant')} ${total === 1 ? 'was' : 'were'} closed on somebody’s word, since the target could not be asked. Whoever had ${total === 1 ? 'it' : 'them'} may still get in. Elevate keeps looking, takes away what is still there, and says here when the target has told. Each grant’s thread tells who closed it, and why.`,
    retryAll: 'Retry all now',
    retryAllLabel: (connector: string): string => `Try now to take away all that failed on ${connector}`,
    resolveAll: 'Mark all resolved…',
    resolveAllLabel: (connector: string): string =>
      `Say that all that failed on ${connector} is gone; the target is asked first`,
    retried: (count: number): string => `${plural(count, 'grant')}: tried now. The message above tells how it goes.`,
  },
  resolve: {
    title: 'Mark resolved',
    titleAll: 'Mark all resolved',
    submit: 'Check and close',
    close: 'Back',
    mrkdwnWhat: (grant: Grant): string =>
      `Elevate asks the target first whether ${mention(grant.holder.slackUserId)} still has \`${esc(grant.roleKey)}\`. If it is still there, nothing is closed. If the target cannot be asked, it is closed on your word, with your reason, and Elevate goes on looking.`,
    mrkdwnWhatAll: (failing: number): string =>
      `Elevate asks the target first about each of ${plural(failing, 'grant')}. What is still there is not closed. If the target cannot be asked, they are closed on your word, with your reason, and Elevate goes on looking. It takes at most ${RESOLVED_AT_ONCE} at a time.`,
    reason: 'How do you know that it is gone?',
    reasonAll: 'How do you know that they are gone?',
    reasonHint: 'Needed if the target cannot be asked. It is kept with the audit.',
    done: (grant: Grant): string =>
      grant.endedBecause === 'resolved_unverified'
        ? 'Closed on your word. Elevate goes on looking, and takes it away if it is still there.'
        : 'Read back as gone, and closed.',
    doneAll: ({ closed, onWord, stillThere, notTheirs, left }: Omit<ResolvedTarget, 'ok'>): string =>
      [
        `${plural(closed, 'grant')} closed.`,
        onWord === 0
          ? ''
          : ` ${onWord === closed ? 'The target could not be asked, so that is on your word' : `The target could not be asked about ${onWord} of them, so those are closed on your word`}: Elevate goes on looking, and takes away what is still there.`,
        stillThere > 0 ? ` ${plural(stillThere, 'grant')} still there on the target, so not closed.` : '',
        notTheirs > 0 ? ` For ${plural(notTheirs, 'grant')} somebody else in charge has to answer.` : '',
        left > 0 ? ` ${plural(left, 'grant')} not looked at yet: press the button again.` : '',
      ].join(''),
    unproven: (again: Date): string =>
      `It is gone now, but a call that Elevate sent before may still arrive there. Elevate looks again ${when(again)} before it closes.`,
  },
  drift: {
    title: (system: KnownSystem): string =>
      `Not as granted: ${system.connector} · ${cut(entitlementText(system.entitlement), 80)}`,
    intro: (system: KnownSystem, waiting: number, others: number): string =>
      `${waiting === 1 ? 'One thing' : `${waiting} things`} on *${esc(system.connector)}* ${code(entitlementText(system.entitlement))} ${waiting === 1 ? 'is' : 'are'} not as Elevate granted${others > 0 ? `; ${others} more ${others === 1 ? 'was' : 'were'} accepted or ignored for now` : ''}.`,
    settled: 'Nothing here waits for anybody any more. A newer message may show what was found since.',
    /** What somebody let stay still stands there to be read. */
    decided: (system: KnownSystem): string =>
      `Nothing here waits for anybody any more. What stays for now on *${esc(system.connector)}* ${code(entitlementText(system.entitlement))}:`,
    decidedLine: (drift: Drift): string =>
      `${code(drift.subject)} · ${shortKind[drift.kind]}${drift.decidedBy ? ` · said by ${mention(drift.decidedBy.slackUserId)}` : ''} ·${statusLine(drift)}`,
    moreDecided: (count: number): string => `and ${count} more`,
    paused: '⚠ The reconciler is paused: it takes nothing away by itself.',
    firstRun: 'This was the first look at this system, so nothing was taken away.',
    line: (drift: Drift): string => `${kindLine(drift)}${statusLine(drift)}`,
    more: (count: number): string => `and ${count} more: \`elevate reconcile --dry-run\` lists all of them.`,
    accept: 'Accept…',
    revoke: (drift: Drift): string => (endsGrant(drift) ? 'End the grant' : 'Take away'),
    ignore: 'Ignore until…',
    label: (drift: Drift, verb: string): string => `${verb.replace('…', '')}: ${drift.subject} on ${drift.connector}`,
    confirmTitle: (drift: Drift): string => (endsGrant(drift) ? 'End the grant?' : 'Take it away?'),
    confirm: (drift: Drift): string =>
      drift.kind === 'removed_by_hand'
        ? `Elevate ends what it granted to ${drift.subject}. On ${drift.connector} it is gone already.`
        : `${drift.subject} loses this on ${drift.connector} within minutes.`,
    yes: (drift: Drift): string => (endsGrant(drift) ? 'End it' : 'Take away'),
    no: 'Not yet',
    acceptForm: 'Accept as standing',
    ignoreForm: 'Ignore for a while',
    submit: 'Save',
    back: 'Back',
    owner: 'Who answers for it?',
    reviewAt: 'When does somebody look again?',
    until: 'Until when?',
    saved: 'Saved. The message in the channel shows it.',
  },
  security: (it: SecurityNotice): string => {
    switch (it.notice) {
      case 'reconciler_paused':
        return `⚠ *The reconciler is PAUSED* since ${when(it.pause.pausedAt)} (${duration((it.now.getTime() - it.pause.pausedAt.getTime()) / 1000)}), by ${esc(it.pause.pausedBy)}: ${esc(it.pause.reason)}. Nothing that it finds is taken away${it.pause.untilAt ? ` until ${when(it.pause.untilAt)}` : ''}; ends that are due go on. \`elevate reconcile resume\` ends the pause.`;
      case 'reconciler_resumed':
        return '✓ The reconciler works again.';
      case 'database_away':
        return `⚠ *Elevate cannot reach its own database* since ${when(it.since)}. Nobody can ask, approve or be given access, and *access whose time is over is not taken away* until it is back. What cannot wait has to be ended on the targets by hand; what is overdue goes first when the database is back.`;
      case 'database_back':
        return `✓ Elevate reaches its database again, after ${duration((it.now.getTime() - it.since.getTime()) / 1000)}. What became overdue meanwhile is being taken away, the most privileged first.`;
      case 'reconciler_blind':
        return blindText(it.blind.connector, it.blind.systems);
      case 'trouble':
        return troubleText(it.trouble);
      case 'channel_fails':
        return it.what === 'timelines'
          ? `⚠ *The timelines of requests cannot be kept in ${esc(it.channel)}.* ${esc(cut(it.problem, ERROR_SHOWN_MAX))}. Requests and access go on, and nothing is lost: what is missing there is written as soon as the channel takes it, or into another one that the policy names under \`channels.audit\`.`
          : `⚠ *The cards of requests cannot be shown in ${esc(it.channel)}.* ${esc(cut(it.problem, ERROR_SHOWN_MAX))}. Access goes on and ends in time, and who may decide finds what waits on the Home of Elevate; the cards follow as soon as the channel takes them.`;
      case 'channel_works':
        return it.what === 'timelines'
          ? `✓ The timelines of requests are kept in ${esc(it.channel)} again, or in another channel of the policy. What was missing is written there.`
          : `✓ The cards of requests are shown in ${esc(it.channel)} again.`;
    }
  },
  ends: (wave: Wave): string =>
    `✓ *${plural(wave.grants, 'grant')} ended* between ${when(wave.startedAt)} and ${when(wave.latestAt)}. Each was read back on its target. Their cards and threads follow one after the other, as fast as Slack lets us write.`,
  proof: {
    button: 'Proof',
    label: 'Show what was done on the target, and what the target said',
    title: 'Proof',
    missing: 'That access is not known here.',
  },
};

function blindText(connector: string, systems: readonly KnownSystem[]): string {
  const [first] = systems;
  if (!first) return `✓ The reconciler looks at ${esc(connector)} again.`;
  const shown = systems
    .slice(0, BLIND_SHOWN_MAX)
    .map(({ entitlement, lastError }) => `• ${code(cut(entitlementText(entitlement), 80))}: ${error(lastError ?? '')}`);
  const more = systems.length > shown.length ? [`and ${systems.length - shown.length} more.`] : [];
  return [
    `⚠ *The reconciler cannot look at ${plural(systems.length, 'entitlement')} on ${esc(connector)}* since ${at(first.failingSince)}. What somebody changes there by hand is not seen, and ended access that shows up there again is not taken away. Ends that are due go on.`,
    ...shown,
    ...more,
    'It tries again every few minutes, and says when it works.',
  ].join('\n');
}

function troubleText(it: Trouble): string {
  switch (it.what) {
    case 'database_restored':
      return `⚠ *Elevate’s database is not the one it was*: it looks restored from a backup, or moved. Before: ${esc(it.was)}. Now: ${esc(it.is)}. ${it.knowsUntil ? `What happened after ${when(it.knowsUntil, 'far')} is not in it` : 'There is nothing in it'}: grants and extensions since then are unknown, and ends that were moved since then come at their old time. The reconciler shows what it finds of them, and takes it away one run later; accept what has to stay.`;
    case 'clock_went_back':
      return `⚠ *The database’s clock went back by ${it.exact ? '' : 'at least '}${duration(it.seconds)}.* ${it.grantsMoved === 1 ? 'One end' : `${it.grantsMoved} ends`} of access moved with it, so that nobody has it for longer than was approved.${it.exact ? '' : ' How long nobody looked at the clock is not known; by as much more it may have gone back. Compare it with another one, and revoke what should be over.'} Access that began just after that ends early by as much.`;
    case 'clock_jumped_ahead':
      return `⚠ *The database’s clock jumped ahead by ${duration(it.seconds)}.* Access that was to end in that time has ended, earlier than people were told.`;
  }
}

/** A level or an entitlement, in the target's own words. */
export const entitlementText = (value: Json): string => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return canonicalJson(value);
  // What it is called comes first, whatever order it was stored in.
  const rank = ([name, member]: readonly [string, unknown]): string => `${typeof member === 'string' ? 0 : 1}${name}`;
  return Object.entries(value)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map(([name, member]) => `${name}: ${typeof member === 'string' ? member : canonicalJson(member)}`)
    .join(', ');
};

/** About a live grant of ours. */
const endsGrant = ({ kind }: Drift): boolean => kind === 'removed_by_hand' || kind === 'level_changed';

const shortKind: Readonly<Record<Drift['kind'], string>> = {
  unknown_holder: 'unknown holder',
  unrecorded: 'ours, and not on record',
  ended_grant: 'ended, and still there',
  gained_more: 'another level than before',
  removed_by_hand: 'removed by hand',
  level_changed: 'changed by hand',
};

function kindLine(drift: Drift): string {
  const who = code(drift.subject);
  const level = drift.level === null ? '' : ` (${esc(cut(entitlementText(drift.level), 120))})`;
  switch (drift.kind) {
    case 'unknown_holder':
      return `*Unknown holder:* ${who} has it from ${code(drift.grantor)}${level}, and no grant says so.${drift.ours ? '' : ' Elevate takes away nothing that others gave: take it away on the target, or accept it.'}`;
    case 'unrecorded':
      return `*Ours, and not on record:* ${who} has it from Elevate’s own grantor${level}, and no grant says so. *The next run takes it away* unless somebody accepts it.`;
    case 'ended_grant':
      return `*Ended, and still there:* ${who} has it${level} although ${code(drift.grantId ?? 'its grant')} ended. The next run takes it away.`;
    case 'gained_more':
      return `*Another level than before:* ${who} now has it${level}.`;
    case 'removed_by_hand':
      return `*Removed by hand:* ${who} was granted it by ${code(drift.grantId ?? '')} and no longer has it. Elevate does not put it back.`;
    case 'level_changed':
      return `*Changed by hand:* ${who} has it by ${code(drift.grantId ?? '')}, now${level}.`;
  }
}

function statusLine(drift: Drift): string {
  const failed = drift.lastError === null ? '' : ` Not taken away yet: ${error(drift.lastError)}`;
  switch (drift.status) {
    case 'accepted':
      return ` ✓ Accepted, ${drift.owner ? mention(drift.owner) : 'somebody'} answers for it; looked at again ${at(drift.untilAt)}.`;
    case 'ignored':
      return ` Ignored until ${at(drift.untilAt)}.`;
    case 'revoking':
      return `${drift.decidedBy ? ` Being taken away, as ${mention(drift.decidedBy.slackUserId)} asked.` : ' Being taken away.'}${failed}`;
    case 'open':
    case 'closed':
      return failed;
  }
}

const role = (request: AccessRequest): string =>
  `${esc(request.role.title)} on ${esc(request.role.resource)} (${esc(request.role.environment)})`;
const at = (date: Date | null): string => (date ? when(date) : 'at its end');
const code = (text: string): string => `\`${esc(text.replaceAll('`', 'ˋ'))}\``;
const error = (text: string): string => esc(cut(text, ERROR_SHOWN_MAX));
const closedBy = ({ endRequestedBy }: Grant): string =>
  endRequestedBy ? mention(endRequestedBy.slackUserId) : 'Somebody';
function late(grant: Grant): string {
  const seconds = grant.endedAt && grant.endDueAt ? (grant.endedAt.getTime() - grant.endDueAt.getTime()) / 1000 : 0;
  return seconds >= 1 ? `, ${duration(seconds)} late` : '';
}
