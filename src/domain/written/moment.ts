import { WEEKDAYS } from '../policy/facts.ts';
import { localTime, momentsOf } from '../zone.ts';

/** A day and a time as somebody wrote them, lower-case. At least one of the two is there. */
export interface WrittenMoment {
  /** today, tomorrow, a weekday or its first three letters, or 2026-12-01; null: none was named. */
  readonly day: string | null;
  /** 14:00, 9am, 9:30pm, noon or midnight, or what only looks like it, such as 25:99; null: none was named. */
  readonly time: string | null;
}

const TIME_LIKE = /^(?:\d{1,2}(?:[:.]\d{1,2})?(?:am|pm)|\d{1,2}:\d{1,2}|noon|midnight)$/;
const NUMBER_LIKE = /^\d{1,2}(?:[:.]\d{1,2})?$/;
const HALF = /^(?:am|pm)$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAYS: readonly string[] = ['today', 'tomorrow', ...WEEKDAYS, ...WEEKDAYS.map((day) => day.slice(0, 3))];
const isDay = (word: string): boolean => DAYS.includes(word) || DATE.test(word);

/** The moment that begins at this word, in either order: `tomorrow 9am`, `fri at 18:00`, `17:00 tomorrow`. null: none does. */
export function matchMoment(words: readonly string[], at: number): { moment: WrittenMoment; length: number } | null {
  const early = matchDay(words, at);
  if (early) {
    const linked = at + early.length + (words[at + early.length] === 'at' ? 1 : 0);
    const time = matchTime(words, linked);
    const length = time ? linked + time.length - at : early.length;
    return { moment: { day: early.text, time: time?.text ?? null }, length };
  }
  const time = matchTime(words, at);
  if (!time) return null;
  const late = matchDay(words, at + time.length);
  return { moment: { day: late?.text ?? null, time: time.text }, length: time.length + (late?.length ?? 0) };
}

function matchDay(words: readonly string[], at: number): { text: string; length: number } | null {
  const skip = words[at] === 'on' ? 1 : 0;
  const word = words[at + skip] ?? '';
  return isDay(word) ? { text: word, length: skip + 1 } : null;
}

function matchTime(words: readonly string[], at: number): { text: string; length: number } | null {
  const [word = '', next = ''] = words.slice(at, at + 2);
  if (NUMBER_LIKE.test(word) && HALF.test(next)) return { text: `${word}${next}`, length: 2 };
  return TIME_LIKE.test(word) ? { text: word, length: 1 } : null;
}

/** A time without a day means the next one, as long as that is not further away than this: then it is today's, and past. */
const NEXT_WITHIN_MS = 12 * 3_600_000;

export type Resolved =
  | { readonly at: Date }
  | { readonly problem: 'unreadable' | 'time_missing' }
  /** `at`: when it was. */
  | { readonly problem: 'past'; readonly past: Date };

/** When that is, in the zone. Always behind `from`, which is `now` or the start that an end belongs to. */
export function resolveMoment(written: WrittenMoment, zone: string, now: Date, from: Date): Resolved {
  if (written.time === null) return { problem: 'time_missing' };
  const clock = clockOf(written.time);
  if (!clock) return { problem: 'unreadable' };
  const on = (date: CalendarDate): readonly Date[] => momentsOf({ ...date, ...clock }, zone);
  const [today, fromDay] = [dateOf(now, zone), dateOf(from, zone)];
  const first = (dates: readonly CalendarDate[]): Resolved => {
    const at = dates.flatMap(on).find((each) => each > from);
    return at ? { at } : { problem: 'past', past: dates.flatMap(on).at(-1) ?? now };
  };
  if (written.day === null) {
    const next = first([fromDay, plusDays(fromDay, 1)]);
    const sameDay = first([fromDay]);
    const near = 'at' in next && next.at.getTime() - from.getTime() <= NEXT_WITHIN_MS;
    return 'at' in sameDay || !near ? sameDay : next;
  }
  const dates = datesOf(written.day, today, fromDay);
  return dates.length === 0 ? { problem: 'unreadable' } : first(dates);
}

/** The end of a day that was named without a time; null: there is no such day. */
export function endOfDay(day: string, zone: string, now: Date): Date | null {
  const today = dateOf(now, zone);
  const [date] = datesOf(day, today, today);
  return date ? (momentsOf({ ...plusDays(date, 1), hour: 0, minute: 0 }, zone)[0] ?? null) : null;
}

/** The days that are meant, the nearest first; none: there is no such day. */
function datesOf(day: string, today: CalendarDate, from: CalendarDate): readonly CalendarDate[] {
  if (day === 'today') return [today];
  if (day === 'tomorrow') return [plusDays(today, 1)];
  const [, year, month, ofMonth] = DATE.exec(day) ?? [];
  if (year !== undefined) {
    const date = { year: Number(year), month: Number(month), day: Number(ofMonth) };
    // The 31st of February is no day.
    const real = plusDays(date, 0);
    return real.month === date.month && real.day === date.day ? [date] : [];
  }
  const ahead = [0, 1, 2, 3, 4, 5, 6, 7].map((days) => plusDays(from, days));
  return ahead.filter((each) => weekdayOf(each).startsWith(day.slice(0, 3)));
}

interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** null: the clock never shows that. */
function clockOf(written: string): { hour: number; minute: number } | null {
  if (written === 'noon') return { hour: 12, minute: 0 };
  if (written === 'midnight') return { hour: 0, minute: 0 };
  const [, hours, minutes = '00', half] = /^(\d{1,2})(?:[:.](\d{2}))?(am|pm)?$/.exec(written) ?? [];
  const [shown, minute] = [Number(hours), Number(minutes)];
  if (hours === undefined || minute > 59) return null;
  if (half === undefined) return shown <= 23 ? { hour: shown, minute } : null;
  if (shown < 1 || shown > 12) return null;
  return { hour: (shown % 12) + (half === 'pm' ? 12 : 0), minute };
}

const dateOf = (at: Date, zone: string): CalendarDate => {
  const { year, month, day } = localTime(at, zone);
  return { year, month, day };
};

function plusDays({ year, month, day }: CalendarDate, days: number): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day + days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

const weekdayOf = ({ year, month, day }: CalendarDate): string =>
  WEEKDAYS[(new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7] ?? '';
