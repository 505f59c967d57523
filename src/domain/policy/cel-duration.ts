const PART = /(\d+(?:\.\d+)?)(ms|h|m|s)/g;
const UNIT_SECONDS = { h: 3_600, m: 60, s: 1, ms: 0.001 } as const;

/** Seconds of a duration as CEL writes it, such as 1h30m or 0.5s; null: it is none. */
export function durationSeconds(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:h|m|s|ms))+$/.test(text)) return null;
  let seconds = 0;
  for (const [, count = '0', unit] of text.matchAll(PART)) {
    seconds += Number(count) * (unit === 'h' || unit === 'm' || unit === 'ms' ? UNIT_SECONDS[unit] : 1);
  }
  return seconds;
}
