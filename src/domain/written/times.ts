import { type Refusal, refused } from '../refusal.ts';
import { typedDuration } from './duration.ts';
import { matchMoment, type Resolved, resolveMoment, type WrittenMoment } from './moment.ts';

/** When somebody wants access, in their own words. */
export interface WrittenTimes {
  /** 1h 30m; null: they did not say how long. */
  readonly duration: string | null;
  readonly start: Phrase | null;
  readonly until: Phrase | null;
}

interface Phrase {
  /** Without the word in front of it. */
  readonly text: string;
  /** null: nobody can read it. */
  readonly moment: WrittenMoment | null;
}

/** What that comes to. Without a start it is now; without an end it lasts `durationSeconds`, from the moment that it is live. */
export interface Times {
  readonly startsAt: Date | null;
  /** null: as long as is usual. */
  readonly durationSeconds: number | null;
  /** What `until` says: it ends then, however late it begins. */
  readonly endsBy: Date | null;
}

export const NO_TIMES: WrittenTimes = { duration: null, start: null, until: null };

/** Access is not promised further ahead than this: who and what it is for will have changed by then. */
export const START_AHEAD_MAX_SECONDS = 30 * 86_400;

const START_WORDS = ['at', 'from', 'starting', 'start'];
const UNTIL_WORDS = ['until', 'till', 'til', 'to'];
const UNIT_WORD = /^(?:days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)$/;

/**
 * The first duration, start and end among the words, which are lower-case and bare. `line`: whatever else stands there is somebody's
 * reason, so only what can hardly mean anything else is taken. `field`: nothing else stands there. `taken`: which words, by index.
 */
export function findTimes(
  words: readonly string[],
  where: 'line' | 'field',
): { readonly times: WrittenTimes; readonly taken: ReadonlyMap<number, keyof WrittenTimes> } {
  let times = NO_TIMES;
  const taken = new Map<number, keyof WrittenTimes>();
  for (let at = 0; at < words.length; ) {
    const begun = where === 'line' && taken.size < at;
    const duration = times.duration === null ? matchDuration(words, at, !begun) : null;
    const phrase = duration ? null : matchPhrase(words, at, where);
    const free = phrase && times[phrase.part] === null ? phrase : null;
    if (duration) times = { ...times, duration: duration.text };
    if (free) times = { ...times, [free.part]: free.phrase };
    const length = duration?.length ?? free?.length ?? 0;
    const part = duration ? 'duration' : free?.part;
    for (let index = at; part && index < at + length; index += 1) taken.set(index, part);
    at += Math.max(1, length);
  }
  return { times, taken };
}

/** `1h`, `1h 30m`, and with spaces, which a reason may hold as well, `2 hours` and `for 2 hours`. */
function matchDuration(words: readonly string[], at: number, spaced: boolean): { text: string; length: number } | null {
  const skip = words[at] === 'for' ? 1 : 0;
  let found: { text: string; length: number } | null = null;
  let text = '';
  for (let index = at + skip; index < words.length; index += 1) {
    const [word = '', next = ''] = words.slice(index, index + 2);
    const pair = spaced && /^\d+$/.test(word) && UNIT_WORD.test(next);
    // A bare number behind 1h may be anything: 1h 30 orders are stuck.
    if (!pair && typedDuration(word) === null) break;
    text = `${text} ${pair ? `${word} ${next}` : word}`.trim();
    if (typedDuration(text) === null) break;
    if (pair) index += 1;
    found = { text, length: index + 1 - at };
  }
  return found;
}

function matchPhrase(
  words: readonly string[],
  at: number,
  where: 'line' | 'field',
): { part: 'start' | 'until'; phrase: Phrase; length: number } | null {
  const word = words[at] ?? '';
  const part = START_WORDS.includes(word) ? 'start' : UNTIL_WORDS.includes(word) ? 'until' : null;
  const skip = part === null ? 0 : 1;
  const found = matchMoment(words, at + skip);
  const whole = found && (where === 'field' || found.moment.time !== null) ? found : null;
  if (whole) {
    // A lone 14:00 in a line may be part of the reason; tomorrow 14:00 hardly is.
    if (part === null && where === 'line' && whole.moment.day === null) return null;
    const length = skip + whole.length;
    return { part: part ?? 'start', phrase: phraseOf(words, at + skip, whole.length, whole.moment), length };
  }
  // 'until 17' is meant for us, and can be read in two ways.
  const next = words[at + skip] ?? '';
  if (part === 'until' && word !== 'to' && /^\d/.test(next) && typedDuration(next) === null) {
    return { part, phrase: phraseOf(words, at + skip, 1, null), length: skip + 1 };
  }
  return null;
}

const phraseOf = (words: readonly string[], at: number, length: number, moment: WrittenMoment | null): Phrase => ({
  text: words.slice(at, at + length).join(' '),
  moment,
});

export type TimesResult =
  | { readonly ok: true; readonly times: Times }
  /** `part`: which of the words it is about. */
  | { readonly ok: false; readonly refusal: Refusal; readonly part: 'duration' | 'start' };

/** What the words come to for somebody in this zone, at this moment. */
export function resolveTimes(written: WrittenTimes, zone: string, now: Date): TimesResult {
  const { duration, start, until } = written;
  const wrong = (part: 'duration' | 'start', refusal: Refusal): TimesResult => ({ ...refused(refusal), part });
  if (duration !== null && until !== null) {
    return wrong('duration', { code: 'two_ends', duration, until: until.text });
  }
  const startsAt = start && momentOf(start, zone, now, now);
  if (startsAt && 'code' in startsAt) return wrong('start', startsAt);
  const ahead = startsAt ? (startsAt.at.getTime() - now.getTime()) / 1000 : 0;
  if (ahead > START_AHEAD_MAX_SECONDS) {
    return wrong('start', { code: 'start_too_far', maxSeconds: START_AHEAD_MAX_SECONDS });
  }
  const from = startsAt?.at ?? now;
  const endsBy = until && momentOf(until, zone, now, from);
  if (endsBy && 'code' in endsBy) {
    const beforeStart = endsBy.code === 'time_past' && startsAt !== null && endsBy.at > now;
    return wrong('duration', beforeStart ? { code: 'end_before_start' } : endsBy);
  }
  const seconds = endsBy ? Math.floor((endsBy.at.getTime() - from.getTime()) / 1000) : null;
  return {
    ok: true,
    times: {
      startsAt: startsAt?.at ?? null,
      durationSeconds: seconds ?? (duration === null ? null : typedDuration(duration)),
      endsBy: endsBy?.at ?? null,
    },
  };
}

type TimeRefusal = Extract<Refusal, { code: 'time_unreadable' | 'time_missing' | 'time_past' }>;

function momentOf({ text, moment }: Phrase, zone: string, now: Date, from: Date): { at: Date } | TimeRefusal {
  const resolved: Resolved = moment ? resolveMoment(moment, zone, now, from) : { problem: 'unreadable' };
  if ('at' in resolved) return resolved;
  switch (resolved.problem) {
    case 'unreadable':
      return { code: 'time_unreadable', written: text };
    case 'time_missing':
      return { code: 'time_missing', written: text };
    case 'past':
      return { code: 'time_past', written: text, at: resolved.past };
  }
}

/** The times that stand in one field, which may hold nothing else; null: it does. */
export function findField(field: string): WrittenTimes | null {
  const words = wordsOf(field);
  const { times, taken } = findTimes(words, 'field');
  return taken.size < words.length || words.length === 0 ? null : times;
}

/** What stands in a form's two fields, of which the second may be empty: `1h` or `until 17:00`; `14:00` or `tomorrow 9am`. */
export function readTimes(
  fields: { readonly duration: string; readonly start: string },
  zone: string,
  now: Date,
): TimesResult {
  const long = findTimes(wordsOf(fields.duration), 'field');
  const begin = findTimes(
    wordsOf(fields.start).filter((word) => word !== 'now'),
    'field',
  );
  if (long.taken.size < wordsOf(fields.duration).length) {
    return { ...refused({ code: 'duration_unreadable', written: fields.duration }), part: 'duration' };
  }
  const rest = wordsOf(fields.start).filter((word) => word !== 'now').length - begin.taken.size;
  if (rest > 0 || begin.times.duration !== null || begin.times.until !== null) {
    return { ...refused({ code: 'time_unreadable', written: fields.start }), part: 'start' };
  }
  if (long.times.start && begin.times.start) {
    return { ...refused({ code: 'two_starts' }), part: 'start' };
  }
  return resolveTimes({ ...long.times, start: long.times.start ?? begin.times.start }, zone, now);
}

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
