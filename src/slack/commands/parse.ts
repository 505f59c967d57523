import { type SlackUserId, slackUserId } from '../../domain/ids.ts';
import { closest } from '../../domain/policy/suggest.ts';
import { typedDuration } from '../../domain/written/duration.ts';
import { findTimes, type WrittenTimes } from '../../domain/written/times.ts';

/** What somebody typed behind `/elevate`, as far as it can be read without asking anybody. */
export type Command =
  | { readonly kind: 'form' }
  | { readonly kind: 'help' }
  | { readonly kind: 'status' }
  | { readonly kind: 'revoke'; readonly holder: SlackUserId; readonly role: string | null }
  | { readonly kind: 'revoke_whom' }
  /** What the policy says about a role; null: none was named. */
  | { readonly kind: 'why'; readonly role: string | null; readonly durationSeconds: number | null }
  /** Until when, as typed (null: nothing was), and who decides meanwhile. */
  | { readonly kind: 'away'; readonly until: string | null; readonly to: SlackUserId | null }
  | { readonly kind: 'back' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'done'; readonly role: string | null }
  | { readonly kind: 'who'; readonly role: string | null }
  | { readonly kind: 'break_glass'; readonly role: string | null; readonly words: readonly string[] }
  | { readonly kind: 'extend'; readonly role: string | null; readonly words: readonly string[] }
  /** A line that asks. `roles` are the words that look like a role key, in the order they were typed. */
  | { readonly kind: 'ask'; readonly roles: readonly string[]; readonly words: readonly string[] }
  | { readonly kind: 'unknown'; readonly typed: string; readonly meant: Subcommand | null };

export interface Ask {
  readonly role: string;
  /** As typed, or `until 17:00`; null: neither. */
  readonly duration: string | null;
  /** As typed; null: it names no start. */
  readonly start: string | null;
  readonly times: WrittenTimes;
  /** null: no word is a duration. */
  readonly durationSeconds: number | null;
  readonly ticket: string | null;
  readonly reason: string;
}

const SUBCOMMANDS = [
  'help',
  'status',
  'revoke',
  'extend',
  'break-glass',
  'pending',
  'done',
  'who',
  'why',
  'away',
  'back',
] as const;
export type Subcommand = (typeof SUBCOMMANDS)[number];
const ROLE = /^[a-z0-9][\w.-]*\/[\w.-]+$/i;
/** should_escape turns @somebody into <@U0123|name> (Slack: "Implementing slash commands", Escaping). */
const USER = /^<@([UW][A-Z0-9]+)(?:\|[^>]*)?>$/;
/** Marks that people put around a word; they are no part of a name. */
const AROUND = /^[`'"“”‘’]+|[`'"“”‘’,]+$/g;

export function parseCommand(text: string): Command {
  const words = split(text);
  const [first, ...rest] = words;
  if (first === undefined) return { kind: 'form' };
  const word = bare(first).toLowerCase();
  if (word === 'help' && rest.length === 0) return { kind: 'help' };
  if (word === 'status' && rest.length === 0) return { kind: 'status' };
  if (word === 'revoke') return parseRevoke(rest);
  if (word === 'why') {
    const typed = rest.map(bare);
    const seconds = typed.map(typedDuration).find((each) => each !== null) ?? null;
    return { kind: 'why', role: namedRole(rest, (each) => typedDuration(each) === null), durationSeconds: seconds };
  }
  if (word === 'away') return parseAway(rest);
  if (word === 'back' && rest.length === 0) return { kind: 'back' };
  if (word === 'pending' && rest.length === 0) return { kind: 'pending' };
  if (word === 'done') return { kind: 'done', role: namedRole(rest) };
  if (word === 'who') return { kind: 'who', role: namedRole(rest) };
  if (word === 'break-glass' || word === 'breakglass')
    return { kind: 'break_glass', role: firstRole(rest), words: rest };
  if (word === 'extend') return { kind: 'extend', role: firstRole(rest), words: rest };
  const roles = words.map(bare).filter((each) => ROLE.test(each));
  const meant = closest(word, SUBCOMMANDS);
  // 'revok @dana orders-db/admin' must not ask for the role; 'backup orders-db/admin 1h' may.
  const mistyped = meant !== null && !ROLE.test(word) && Math.abs(meant.length - word.length) <= 1;
  if (roles.length > 0 && !mistyped) return { kind: 'ask', roles, words };
  return { kind: 'unknown', typed: words.map(readable).join(' '), meant };
}

const firstRole = (words: readonly string[]): string | null => words.map(bare).find((each) => ROLE.test(each)) ?? null;

/** `until` and `to` may be left out; whoever is mentioned is meant. */
function parseAway(words: readonly string[]): Command {
  const to = words.map((word) => USER.exec(word)?.[1]).find((id) => id !== undefined);
  const time = words.filter((word) => !USER.test(word)).map(bare);
  const said = time.filter((word) => !['until', 'to'].includes(word.toLowerCase())).join(' ');
  if (said === '' && to === undefined) return { kind: 'away', until: null, to: null };
  return { kind: 'away', until: said, to: to === undefined ? null : slackUserId(to) };
}

/** A word that is no role key is taken for a misspelled one: a suggestion is worth more than the wrong access. */
const namedRole = (words: readonly string[], may: (word: string) => boolean = () => true): string | null =>
  firstRole(words) ?? words.map(bare).find(may) ?? null;

function parseRevoke(words: readonly string[]): Command {
  const holder = words.map((word) => USER.exec(word)?.[1]).find((id) => id !== undefined);
  if (holder === undefined) return { kind: 'revoke_whom' };
  return {
    kind: 'revoke',
    holder: slackUserId(holder),
    role: namedRole(words, (word) => !USER.test(word) && word.toLowerCase() !== 'all'),
  };
}

/**
 * The parts of a line that asks, in whatever order they were typed: the role's own key, the first duration, the first word that is a
 * ticket of this role, and everything else as the reason. `isTicket` is null where the role has no tickets. `moments`: where a start
 * and an end by the clock may stand: anywhere, in front of the reason only, or nowhere.
 */
export function readAsk(
  words: readonly string[],
  role: string,
  isTicket: ((word: string) => boolean) | null,
  moments: 'anywhere' | 'in front' | 'nowhere' = 'nowhere',
): Ask {
  const behindRole = [...words];
  takeFirst(behindRole, (word) => bare(word) === role);
  const found = findTimes(
    behindRole.map((word) => bare(word).toLowerCase()),
    'line',
  );
  const reasonAt = behindRole.findIndex((_, index) => !found.taken.has(index));
  const mayStand = (index: number): boolean =>
    moments === 'anywhere' || (moments === 'in front' && (reasonAt === -1 || index < reasonAt));
  const meant = new Map([...found.taken].filter(([index, part]) => part === 'duration' || mayStand(index)));
  const rest = behindRole.filter((_, index) => !meant.has(index));
  const read = new Set(meant.values());
  const times: WrittenTimes = {
    duration: found.times.duration,
    start: read.has('start') ? found.times.start : null,
    until: read.has('until') ? found.times.until : null,
  };
  const ticket = isTicket === null ? null : takeFirst(rest, (word) => isTicket(bare(word)));
  return {
    role,
    duration: times.duration ?? (times.until ? `until ${times.until.text}` : null),
    start: times.start?.text ?? null,
    times,
    durationSeconds: times.duration === null ? null : typedDuration(times.duration),
    ticket: ticket === null ? null : bare(ticket),
    reason: rest.map(readable).join(' '),
  };
}

function takeFirst(words: string[], is: (word: string) => boolean): string | null {
  const index = words.findIndex(is);
  return index === -1 ? null : (words.splice(index, 1)[0] ?? null);
}

/** Words, with Slack's <…> entities whole even where a name in them holds a space. */
const split = (text: string): string[] => text.trim().match(/<[^>]*>\S*|\S+/g) ?? [];

const decoded = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

const bare = (word: string): string => decoded(word).replaceAll(AROUND, '');

/** As the person sees it while typing: mentions and links by their names, Slack's escapes undone. */
function readable(word: string): string {
  const shown = word.replaceAll(/<([@#!]?)([^|>]*)(?:\|([^>]*))?>/g, (_, sign: string, id: string, label?: string) =>
    sign === '' ? id : `${sign === '#' ? '#' : '@'}${label || id}`,
  );
  return decoded(shown);
}
