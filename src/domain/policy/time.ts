import { type TimeFacts, WEEKDAYS } from './facts.ts';
import type { BusinessHours } from './types.ts';

/** Making a formatter costs far more than using it; there are few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATTERS = 100;

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

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

/** How far the zone's clocks are ahead of UTC at a moment. */
function offsetMs(time: number, timezone: string): number {
  const local = localTime(new Date(time), timezone);
  const asUtc = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
  return asUtc - Math.floor(time / 1_000) * 1_000;
}

function localTime(at: Date, timezone: string): LocalTime {
  const parts = new Map(
    formatter(timezone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

function formatter(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(timezone, made);
  return made;
}
