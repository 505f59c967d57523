import { parseDuration } from '../policy/duration.ts';

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/days?|d/g, 'd'],
  [/hours?|hrs?|h/g, 'h'],
  [/minutes?|mins?|m/g, 'm'],
  [/seconds?|secs?|s/g, 's'],
];
const FORM = /^(?:\d+(?:days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s))+\d*$/;
/** 1h30: what follows hours is minutes, as people say it. */
const HOURS_AND_MINUTES = /^(\d+h)(\d{1,2})$/;

/** Seconds of what somebody typed: 30m, 1h, 1h30, 90m, 45s, 2hours; null: that is no duration. */
export function typedDuration(text: string): number | null {
  const typed = text.trim().toLowerCase().replaceAll(/\s+/g, '');
  if (!FORM.test(typed)) return null;
  let short = typed;
  for (const [words, unit] of UNITS) short = short.replaceAll(words, unit);
  return parseDuration(short.replace(HOURS_AND_MINUTES, '$1$2m'));
}
