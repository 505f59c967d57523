const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;
const FORM = /^(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/;

/** Seconds of a duration such as 90m, 1h30m, 4h, 30s or 7d, largest unit first; null: that is no duration. */
export function parseDuration(text: string): number | null {
  const match = FORM.exec(text);
  if (!match || text === '') return null;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(days) * UNITS.d + Number(hours) * UNITS.h + Number(minutes) * UNITS.m + Number(seconds) * UNITS.s;
}

/** The shortest form that `parseDuration` reads back: 5400 becomes 1h30m. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
