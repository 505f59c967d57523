import { type Refusal, refused } from '../refusal.ts';
import { resolveTimes, type WrittenTimes } from './times.ts';

/**
 * How many seconds longer somebody asks to keep what ends at `endsAt`, in their own words: `30m`, or `until 17:00` for a new end.
 * null: as long as is usual.
 */
export function secondsMore(
  written: WrittenTimes,
  endsAt: Date,
  zone: string,
  now: Date,
): { readonly ok: true; readonly seconds: number | null } | { readonly ok: false; readonly refusal: Refusal } {
  if (written.start) return refused({ code: 'extension_has_no_start', written: written.start.text });
  const read = resolveTimes(written, zone, now);
  if (!read.ok) return read;
  const { endsBy, durationSeconds } = read.times;
  if (endsBy === null) return { ok: true, seconds: durationSeconds };
  // Ends stand at parts of a second: 17:00 is meant, and not 16:59:59.
  const seconds = Math.ceil((endsBy.getTime() - endsAt.getTime()) / 1000);
  return seconds > 0 ? { ok: true, seconds } : refused({ code: 'extension_not_later', endsAt });
}
