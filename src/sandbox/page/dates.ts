// Not navigator.language, which is no language tag everywhere ('en-US@posix').
const own = new Intl.DateTimeFormat().resolvedOptions().locale;
const language = own.startsWith('en') ? own : 'en-US';

const format = (at: Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(language, options).format(at);

export const clock = (at: Date): string => format(at, { hour: 'numeric', minute: '2-digit' });
export const clockWithSeconds = (at: Date): string =>
  format(at, { hour: 'numeric', minute: '2-digit', second: '2-digit' });
export const dayAndTime = (at: Date): string =>
  format(at, { weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit', second: '2-digit' });

export const longDay = (at: Date): string => format(at, { weekday: 'long', day: 'numeric', month: 'long' });

export const tsToMs = (ts: string): number => Number(ts) * 1000;

/** 'today', 'yesterday', 'tomorrow', or undefined. */
export function nearDay(at: Date, now: Date): string | undefined {
  const dayOf = (date: Date): number =>
    Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / 86_400_000);
  return { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' }[String(dayOf(at) - dayOf(now))];
}

const short: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', year: 'numeric' };
const plain: Intl.DateTimeFormatOptions = { month: 'long', day: 'numeric', year: 'numeric' };
const long: Intl.DateTimeFormatOptions = { ...plain, weekday: 'long' };

const tokens: Readonly<Record<string, (at: Date, now: Date) => string>> = {
  date_num: (at) =>
    `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`,
  date_slash: (at) => format(at, { month: '2-digit', day: '2-digit', year: 'numeric' }),
  date: (at) => format(at, plain),
  date_short: (at) => format(at, short),
  date_long: (at) => format(at, long),
  date_pretty: (at, now) => nearDay(at, now) ?? format(at, plain),
  date_short_pretty: (at, now) => nearDay(at, now) ?? format(at, short),
  date_long_pretty: (at, now) => nearDay(at, now) ?? format(at, long),
  time: clock,
  time_secs: clockWithSeconds,
};

/** Slack's page "Formatting text for app surfaces", Date formatting, in the browser's zone. */
export function slackDate(timestampSeconds: number, pattern: string, now: Date): string {
  const at = new Date(timestampSeconds * 1000);
  return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => tokens[name]?.(at, now) ?? whole);
}
