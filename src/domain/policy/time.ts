import { localTime, offsetMs } from '../zone.ts';
import { type TimeFacts, WEEKDAYS } from './facts.ts';
import type { BusinessHours } from './types.ts';

/** What `time` is at one moment, in the policy's timezone. */
export function timeFacts(at: Date, timezone: string, hours: BusinessHours): TimeFacts {
  const { year, month, day, hour, minute } = localTime(at, timezone);
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const weekday = WEEKDAYS[(new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7] ?? 'monday';
  const minuteOfDay = hour * 60 + minute;
  const open = minuteOfDay >= hours.fromMinute && minuteOfDay < hours.toMinute;
  const businessHours = open && hours.days.includes(weekday) && !hours.holidays.includes(date);
  return { hour, minute, weekday, date, businessHours };
}

/** The first moment of the day that `at` belongs to in the zone, also where clocks change at midnight. */
export function startOfDay(at: Date, timezone: string): Date {
  const { year, month, day } = localTime(at, timezone);
  const midnight = Date.UTC(year, month - 1, day);
  const first = midnight - offsetMs(at.getTime(), timezone);
  const second = midnight - offsetMs(first, timezone);
  const sameDay = [first, second].filter((candidate) => localTime(new Date(candidate), timezone).day === day);
  return new Date(sameDay.length > 0 ? Math.min(...sameDay) : Math.max(first, second));
}

const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?$/;

/** The moment of a written time, such as 2026-03-02T22:00 in the zone, or 2026-03-02T22:00Z anywhere; null: it is none. */
export function instantOf(written: string, timezone: string): Date | null {
  const match = WRITTEN.exec(written);
  if (!match) return null;
  const [, year, month, day, hour, minute, second = '00', zone] = match;
  const asUtc = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone ?? 'Z'}`);
  if (Number.isNaN(asUtc)) return null;
  if (zone !== undefined) return new Date(asUtc);
  const guess = asUtc - offsetMs(asUtc, timezone);
  return new Date(asUtc - offsetMs(guess, timezone));
}

const two = (value: number): string => String(value).padStart(2, '0');
