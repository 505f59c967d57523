import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { WEEKDAYS } from './facts.ts';
import * as limits from './limits.ts';

// The error text of every schema here is what was expected, so that a finding can say "X must be <that>, not <what is there>".

export const NAME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,79}$/;
export const ROLE_KEY_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,79}\/[a-zA-Z0-9][a-zA-Z0-9_.-]{0,79}$/;
export const NAME_EXPECTED = 'a name of letters, digits, dots, dashes and underscores, at most 80';
export const ROLE_KEY_EXPECTED = 'resource/role, two names with a slash between them';

/** The longest time that may stand anywhere in a policy. */
const MAX_DURATION_SECONDS = 366 * 86_400;
const DURATION_EXPECTED = 'a duration such as 30s, 90m, 1h30m or 7d';

export const name = z.string({ error: NAME_EXPECTED }).regex(NAME_PATTERN, { error: NAME_EXPECTED });
export const roleKeyText = z.string({ error: ROLE_KEY_EXPECTED }).regex(ROLE_KEY_PATTERN, { error: ROLE_KEY_EXPECTED });

export const text = (max: number, what = 'a text') => {
  const error = `${what} of 1 to ${max} characters`;
  return z.string({ error }).trim().min(1, { error }).max(max, { error });
};

/** In the file a text such as 1h30m; read as seconds. */
export const duration = (min: string, max: string) => {
  const [least, most] = [parseDuration(min) ?? 0, parseDuration(max) ?? MAX_DURATION_SECONDS];
  const error = `${DURATION_EXPECTED}, from ${min} to ${max}`;
  return z
    .string({ error })
    .regex(/^(?=\d)(?:\d{1,4}d)?(?:\d{1,5}h)?(?:\d{1,6}m)?(?:\d{1,8}s)?$/, { error })
    .refine((written) => within(parseDuration(written), least, most), { error })
    .transform((written) => parseDuration(written) ?? 0);
};

const within = (value: number | null, least: number, most: number): boolean =>
  value !== null && value >= least && value <= most;

export const integer = (min: number, max: number) => {
  const error = `a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const flag = z.boolean({ error: 'true or false' });
export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(', ')}` });
export const mapping = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, { error: `a mapping with ${Object.keys(shape).join(', ')}` });
export const listOf = <T extends z.ZodType>(item: T, what: string, max: number, min = 0) => {
  const error = min > 0 ? `a list of ${min} to ${max} ${what}` : `a list of at most ${max} ${what}`;
  return z.array(item, { error }).min(min, { error }).max(max, { error });
};
export const recordOf = <T extends z.ZodType>(item: T, what: string) =>
  z.record(z.string(), item, { error: `a mapping from names to ${what}` });

const EMAIL_EXPECTED = 'an email address';
export const email = z
  .string({ error: EMAIL_EXPECTED })
  .max(limits.MAX_EMAIL_LENGTH, { error: EMAIL_EXPECTED })
  .regex(/^[^\s@<>"]+@[^\s@<>"]+$/, { error: EMAIL_EXPECTED })
  .transform((address) => address.toLowerCase());

const CHANNEL_EXPECTED = 'a Slack channel: "#name" in quotes, or an id such as C0123ABCD';
export const channel = z
  .string({ error: CHANNEL_EXPECTED })
  .regex(/^(?:#[^\s#,]{1,80}|[CGD][A-Z0-9]{2,20})$/, { error: CHANNEL_EXPECTED });

const CONDITION_EXPECTED = `a condition in CEL, in quotes, such as '"dba" in requester.groups'`;
export const condition = z.string({ error: CONDITION_EXPECTED }).trim().min(1, { error: CONDITION_EXPECTED });

export const labels = recordOf(text(200), 'texts').refine((all) => Object.keys(all).length <= limits.MAX_LABELS, {
  error: `at most ${limits.MAX_LABELS} labels`,
});

const ZONE_EXPECTED = 'an IANA time zone such as Europe/Berlin';
export const timezone = z.string({ error: ZONE_EXPECTED }).refine(isTimezone, { error: ZONE_EXPECTED });

function isTimezone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).format(0) !== '';
  } catch {
    return false;
  }
}

const CLOCK_EXPECTED = 'a time of day such as "09:00", in quotes';
const clock = z
  .string({ error: CLOCK_EXPECTED })
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, { error: CLOCK_EXPECTED })
  .transform((written) => Number(written.slice(0, 2)) * 60 + Number(written.slice(3)));

const DATE_EXPECTED = 'a date such as 2026-12-25';
const date = z.string({ error: DATE_EXPECTED }).regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, {
  error: DATE_EXPECTED,
});

export const businessHours = mapping({
  days: listOf(oneOf(WEEKDAYS), 'weekdays', 7, 1).optional(),
  from: clock.optional(),
  to: clock.optional(),
  holidays: listOf(date, 'dates', 400).optional(),
});

const URL_EXPECTED = 'an address that begins with https:// (or http:// on this machine), with secrets by reference';
export const url = z
  .string({ error: URL_EXPECTED })
  .max(1_000, { error: URL_EXPECTED })
  .regex(/^(?:https:\/\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)|\$\{)/, { error: URL_EXPECTED });
