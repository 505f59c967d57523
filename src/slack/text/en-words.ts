import type { Decision } from '../../domain/approval.ts';
import type { Grant } from '../../domain/grant.ts';
import type { SlackUserId } from '../../domain/ids.ts';
import type { PersonRef, Standing } from '../../domain/person.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { GrantEndedBecause, GrantStatus, RequestStatus } from '../../domain/status.ts';
import { cut, esc, mention } from '../blocks.ts';
import { MENTIONS_MAX } from '../limits.ts';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** 5400 becomes '1 hour 30 minutes'. */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(plural(count, unit));
    rest -= count * size;
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

/** How long until then, in minutes from two minutes on; what is over has 0 seconds left. */
export function timeLeft(until: Date, now: Date): string {
  const seconds = (until.getTime() - now.getTime()) / 1000;
  return duration(seconds >= 120 ? Math.floor(seconds / 60) * 60 : seconds);
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** Thu 26 Nov, 14:00: what somebody's own clock and calendar show then. */
export const inZone = (at: Date, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);

/** 'a', 'a or b', 'a, b or c'. */
export function either(names: readonly string[]): string {
  if (names.length <= 1) return names[0] ?? 'nobody';
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** The groups that a policy knows without declaring them. */
const KNOWN_GROUPS: Readonly<Record<string, string>> = { manager: 'the requester’s manager', owners: 'the owners' };
const YOUR_GROUPS: Readonly<Record<string, string>> = { ...KNOWN_GROUPS, manager: 'your manager' };

/** Groups of a policy: 'dba or the requester’s manager'. `you`: the requester is who reads it. */
export const groups = (names: readonly string[], reader: 'you' | 'anybody' = 'anybody'): string =>
  either(names.map((name) => (reader === 'you' ? YOUR_GROUPS : KNOWN_GROUPS)[name] ?? name));

/** The first few by mention, which notifies them, and how many more there are. */
export function mentions(people: readonly SlackUserId[]): string {
  const named = people.slice(0, MENTIONS_MAX).map(mention).join(', ');
  const more = people.length - MENTIONS_MAX;
  return more > 0 ? `${named} and ${more} more` : named;
}

/** Who decided, and whose place it was: '@dana for @omar'. */
export const byWhom = ({ by, onBehalfOf }: Pick<Decision, 'by' | 'onBehalfOf'>): string =>
  onBehalfOf === null ? mention(by.slackUserId) : `${mention(by.slackUserId)} for ${mention(onBehalfOf.slackUserId)}`;

/** The approvals that a request was approved with. */
export const countedApprovals = (request: AccessRequest): Decision[] =>
  request.decisions.filter((_, position) => request.counted?.includes(position));

/** A symbol and a word, so that the risk is never told by colour alone. */
export const risk: Readonly<Record<'low' | 'medium' | 'high', string>> = {
  low: '○ Low risk',
  medium: '◐ Medium risk',
  high: '▲ High risk',
};

export const requestStatus: Readonly<Record<RequestStatus, string>> = {
  refused: 'refused by the policy',
  pending: 'still waiting',
  approved: 'approved',
  denied: 'denied',
  cancelled: 'cancelled',
  expired: 'expired',
};

export const grantStatus: Readonly<Record<GrantStatus, string>> = {
  scheduled: 'scheduled',
  provisioning: 'being set up',
  active: 'live',
  revoking: 'already being taken away',
  ended: 'already over',
};

export const standing: Readonly<Record<Exclude<Standing, 'member'>, string>> = {
  guest: 'a guest account',
  bot: 'a bot',
  stranger: 'an account of another workspace',
  deactivated: 'a deactivated account',
};

/** `reader`: who is spoken to, if it is told to one person alone. */
export function endedBecause(
  because: GrantEndedBecause,
  by: PersonRef | null,
  reader: SlackUserId | null = null,
): string {
  switch (because) {
    case 'expired':
      return 'its time was over';
    case 'returned':
      return by !== null && by.slackUserId === reader
        ? 'you were done with it'
        : `${by?.name ?? 'the holder'} was done with it`;
    case 'revoked':
      return `${by?.name ?? 'somebody'} revoked it`;
    case 'unused':
      return 'nobody used it';
    case 'provisioning_failed':
      return 'it could not be set up';
    case 'user_deactivated':
      return 'the account was deactivated';
    case 'ticket_closed':
      return 'its ticket was closed';
    case 'not_started':
      return 'nobody started it in time';
    case 'policy_denied':
      return 'the policy no longer allows it';
    case 'resolved_unverified':
      return `${by?.name ?? 'somebody'} closed it without proof, and Elevate goes on looking`;
  }
}

/** Behind what is said of access that is live on the record, where the target has it otherwise; empty: it is as granted. */
export const asFound = ({ drift }: Pick<Grant, 'drift'>): string => {
  if (drift === null) return '';
  return drift.kind === 'removed_by_hand'
    ? ' · ⚠ taken away on the target by hand'
    : ' · ⚠ changed on the target by hand';
};

/** Of the names of other grantors. */
const GRANTORS_SHOWN_MAX = 200;

/** What an end leaves, since it is not ours. */
export const stillGiven = (grantors: readonly string[]): string =>
  grantors.length === 0
    ? ''
    : ` *They still have it from somebody else*: ${esc(cut(grantors.join(', '), GRANTORS_SHOWN_MAX))} gave it to them on the target too, and Elevate leaves that alone.`;
