/** Making a formatter costs far more than using it; there are few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATTERS = 100;

/** A moment as the clocks and calendars of a zone show it. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** How far the zone's clocks are ahead of UTC at a moment. */
export function offsetMs(time: number, timezone: string): number {
  const local = localTime(new Date(time), timezone);
  const asUtc = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
  return asUtc - Math.floor(time / 1_000) * 1_000;
}

/** The moment in the zone. */
export function localTime(at: Date, timezone: string): LocalTime {
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

/**
 * The moments at which the zone's clocks show this: one, or two where they are put back over it. Where they are put forward over it
 * there is none, and it is read by the clock that was not put forward yet: 02:30 is then what everybody's clock shows as 03:30.
 */
export function momentsOf(wall: Omit<LocalTime, 'second'>, timezone: string): readonly Date[] {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const offsets = [offsetMs(asUtc - DAY_MS, timezone), offsetMs(asUtc + DAY_MS, timezone)];
  const candidates = [...new Set(offsets.map((offset) => asUtc - offset))].sort((a, b) => a - b);
  const exact = candidates.filter((time) => time + offsetMs(time, timezone) === asUtc);
  // A gap: the offset before it reads later than the one behind it.
  const times = exact.length > 0 ? exact : [Math.max(...candidates)];
  return times.map((time) => new Date(time));
}

const DAY_MS = 86_400_000;
