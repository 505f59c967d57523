import { typedDuration } from './duration.ts';
import { endOfDay, matchMoment, resolveMoment } from './moment.ts';

/**
 * The moment of what somebody typed behind `until`, in their zone: friday, tomorrow, 2026-12-24 (each to its last moment), friday 12:00,
 * 17:00, 5pm, 3d. A time of day without a day is the next one. null: it is none.
 */
export function untilOf(typed: string, now: Date, timezone: string): Date | null {
  const words = typed
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const seconds = typedDuration(words.join(' '));
  if (seconds !== null) return new Date(now.getTime() + seconds * 1000);
  const found = matchMoment(words, 0);
  if (!found || found.length < words.length) return null;
  const { moment } = found;
  if (moment.time === null) return moment.day === null ? null : endOfDay(moment.day, timezone, now);
  const at = resolveMoment(moment, timezone, now, now);
  if ('at' in at) return at.at;
  // Somebody is away for longer than a shift: without a day, the next such time is meant however far it is.
  const next = moment.day === null ? resolveMoment({ ...moment, day: 'tomorrow' }, timezone, now, now) : at;
  return 'at' in next ? next.at : null;
}
