import { parseDuration } from './policy/duration.ts';
import { WEEKDAYS, type Weekday } from './policy/facts.ts';
import { instantOf, timeFacts } from './policy/time.ts';

const ALL_HOURS = { days: WEEKDAYS, fromMinute: 0, toMinute: 1_440, holidays: [] };
const CLOCK = /^(\d{1,2})(?::(\d{2}))?(am|pm)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/**
 * The moment of what somebody typed behind `until`: friday, tomorrow, 2026-12-24 (each to its last moment), friday 12:00, 17:00, 5pm, 3d;
 * in their zone. null: it is none.
 */
export function untilOf(typed: string, now: Date, timezone: string): Date | null {
  const words = typed
    .toLowerCase()
    .trim()
    .split(/[\s,]+/)
    .filter(Boolean);
  const [first = '', second, ...more] = words;
  if (more.length > 0) return null;
  const seconds = second === undefined ? parseDuration(first) : null;
  if (seconds !== null) return new Date(now.getTime() + seconds * 1000);
  const today = timeFacts(now, timezone, ALL_HOURS);
  const date = dateOf(first, today);
  if (date !== null) {
    const clock = second === undefined ? null : clockOf(second);
    if (second !== undefined && clock === null) return null;
    return clock === null ? instantOf(`${addDays(date, 1)}T00:00`, timezone) : instantOf(`${date}T${clock}`, timezone);
  }
  const clock = second === undefined && !/^\d+$/.test(first) ? clockOf(first) : null;
  if (clock === null) return null;
  const at = instantOf(`${today.date}T${clock}`, timezone);
  return at && at <= now ? instantOf(`${addDays(today.date, 1)}T${clock}`, timezone) : at;
}

/** The first such day from today. */
function dateOf(word: string, today: { readonly date: string; readonly weekday: Weekday }): string | null {
  if (DATE.test(word)) return Number.isNaN(Date.parse(`${word}T00:00Z`)) ? null : word;
  if (word === 'today') return today.date;
  if (word === 'tomorrow') return addDays(today.date, 1);
  const wanted = WEEKDAYS.findIndex((day) => word.length >= 3 && day.startsWith(word));
  if (wanted === -1) return null;
  const ahead = (wanted - WEEKDAYS.indexOf(today.weekday) + 7) % 7;
  return addDays(today.date, ahead);
}

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** 9am, 5pm, 17:00 as HH:MM; null: it is no time of day. */
function clockOf(word: string): string | null {
  const match = CLOCK.exec(word);
  if (!match) return null;
  const [, hours = '', minutes = '00', half] = match;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'pm' ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59 || (half !== undefined && (Number(hours) > 12 || Number(hours) < 1)))
    return null;
  return `${String(hour).padStart(2, '0')}:${minutes}`;
}
