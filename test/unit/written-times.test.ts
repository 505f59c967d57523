import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findTimes, readTimes, resolveTimes } from '../../src/domain/written/times.ts';
import { localTime, momentsOf } from '../../src/domain/zone.ts';

const BERLIN = 'Europe/Berlin';
/** A Wednesday, 14:00 in Berlin. */
const NOW = new Date('2026-03-04T13:00:00Z');
const read = (duration: string, start = '', zone = BERLIN, now = NOW) => readTimes({ duration, start }, zone, now);
const times = (duration: string, start = '', zone = BERLIN, now = NOW) => {
  const result = read(duration, start, zone, now);
  if (!result.ok) throw new Error(result.refusal.code);
  const { startsAt, durationSeconds, endsBy } = result.times;
  return [startsAt?.toISOString() ?? null, durationSeconds, endsBy?.toISOString() ?? null];
};

describe('what a form’s fields say', () => {
  it.each([
    ['90m', 5_400],
    ['1h30', 5_400],
    ['1h 30m', 5_400],
    ['2 hours', 7_200],
    ['for 1 hour 30 minutes', 5_400],
  ])('%s is %i seconds', (text, seconds) => expect(times(text)).toEqual([null, seconds, null]));

  it.each([
    ['until 17:00', '2026-03-04T16:00:00.000Z'],
    ['till 5pm', '2026-03-04T16:00:00.000Z'],
    ['until 5:30 pm', '2026-03-04T16:30:00.000Z'],
    ['until midnight', '2026-03-04T23:00:00.000Z'],
    // The next 1 o'clock is near enough to be meant.
    ['until 01:00', '2026-03-05T00:00:00.000Z'],
    ['until tomorrow 9am', '2026-03-05T08:00:00.000Z'],
    ['until friday 18:00', '2026-03-06T17:00:00.000Z'],
    ['until 2026-03-07 08:00', '2026-03-07T07:00:00.000Z'],
  ])('%s ends then', (text, end) => expect(times(text)).toEqual([null, (Date.parse(end) - NOW.getTime()) / 1000, end]));

  it.each([
    ['14:30', '2026-03-04T13:30:00.000Z'],
    ['at 16:00', '2026-03-04T15:00:00.000Z'],
    ['tomorrow 9am', '2026-03-05T08:00:00.000Z'],
    ['9am tomorrow', '2026-03-05T08:00:00.000Z'],
    ['fri at 18:00', '2026-03-06T17:00:00.000Z'],
    ['on friday, 18:00', '2026-03-06T17:00:00.000Z'],
    // Today is a Wednesday, and at 10:00 it is over.
    ['wednesday 10:00', '2026-03-11T09:00:00.000Z'],
    ['Wednesday 15:00', '2026-03-04T14:00:00.000Z'],
  ])('a start %s', (text, start) => expect(times('1h', text)).toEqual([start, 3_600, null]));

  it('an end belongs to its start, and both may stand in one field', () => {
    expect(times('until 01:00', '23:00')).toEqual(['2026-03-04T22:00:00.000Z', 7_200, '2026-03-05T00:00:00.000Z']);
    expect(times('1h at 16:00')).toEqual(['2026-03-04T15:00:00.000Z', 3_600, null]);
    expect(times('tomorrow 9am until 10:00')[1]).toBe(3_600);
    expect(times('', 'now')).toEqual([null, null, null]);
  });

  it.each([
    ['soon', '', 'duration_unreadable'],
    ['1h please', '', 'duration_unreadable'],
    ['until 25:00', '', 'time_unreadable'],
    ['until 17', '', 'time_unreadable'],
    ['1h', '13:99', 'time_unreadable'],
    ['1h', '13pm', 'time_unreadable'],
    ['1h', 'after lunch', 'time_unreadable'],
    ['1h', '2026-02-31 10:00', 'time_unreadable'],
    ['until friday', '', 'time_missing'],
    ['1h', 'tomorrow', 'time_missing'],
    ['until 13:00', '', 'time_past'],
    ['1h', '13:30', 'time_past'],
    ['1h', 'today 9am', 'time_past'],
    ['1h', '2026-03-01 10:00', 'time_past'],
    ['until today 15:00', 'today 16:00', 'end_before_start'],
    ['1h until 17:00', '', 'two_ends'],
    ['1h at 16:00', '17:00', 'two_starts'],
    ['1h', '2026-05-01 10:00', 'start_too_far'],
  ])('“%s” with start “%s” is refused: %s', (duration, start, code) =>
    expect(read(duration, start)).toMatchObject({ ok: false, refusal: { code } }),
  );
});

describe('what a line says', () => {
  const line = (text: string) => {
    const words = text.split(' ');
    const found = findTimes(words, 'line');
    return { ...found.times, rest: words.filter((_, index) => !found.taken.has(index)).join(' ') };
  };

  it('is taken out of it, and the rest is the reason', () => {
    expect(line('1h at 14:00 fixing stuck orders')).toMatchObject({
      duration: '1h',
      start: { text: '14:00' },
      rest: 'fixing stuck orders',
    });
    expect(line('fixing stuck orders tomorrow 9am 1h 30m')).toMatchObject({
      duration: '1h 30m',
      start: { text: 'tomorrow 9am' },
      rest: 'fixing stuck orders',
    });
    expect(line('until 17:00 fixing it')).toMatchObject({ until: { text: '17:00' }, rest: 'fixing it' });
    expect(line('2 hours fixing it')).toMatchObject({ duration: '2 hours', rest: 'fixing it' });
  });

  it.each([
    '1h orders are stuck for 2 hours',
    '1h the 14:00 job hangs',
    '1h looking at 2 orders',
    '1h blocked until friday',
    '1h 30 orders are stuck',
  ])('“%s” keeps its reason', (text) =>
    expect(line(text)).toEqual({ duration: '1h', start: null, until: null, rest: text.slice(3) }),
  );

  it('that nobody can read is refused, and not taken for the reason', () => {
    const { times: found } = findTimes(['until', '17'], 'line');
    expect(resolveTimes(found, BERLIN, NOW)).toMatchObject({ ok: false, refusal: { code: 'time_unreadable' } });
  });
});

describe('where clocks change', () => {
  it('reads a time that a zone skips by the clock before the change', () => {
    // 29 March 2026: 02:00 becomes 03:00.
    const now = new Date('2026-03-28T20:00:00Z');
    expect(times('1h', 'tomorrow 02:30', BERLIN, now)[0]).toBe('2026-03-29T01:30:00.000Z');
    expect(times('until tomorrow 04:00', '23:00', BERLIN, now)[1]).toBe(4 * 3_600);
  });

  it('reads a time that comes twice as the first one, or as the second when the first is past', () => {
    // 25 October 2026: 03:00 becomes 02:00.
    const before = new Date('2026-10-24T20:00:00Z');
    expect(times('1h', '02:30', BERLIN, before)[0]).toBe('2026-10-25T00:30:00.000Z');
    const between = new Date('2026-10-25T00:40:00Z');
    expect(times('1h', '02:30', BERLIN, between)[0]).toBe('2026-10-25T01:30:00.000Z');
  });

  const zones = ['UTC', BERLIN, 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Auckland'];
  const moment = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });

  it('every moment is among the moments of what its clock shows', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), (at, zone) => {
        const minute = new Date(Math.floor(at.getTime() / 60_000) * 60_000);
        const found = momentsOf(localTime(minute, zone), zone).map((each) => each.getTime());
        expect(found).toContain(minute.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  it('a start is ahead, within the limit, and shows what was written; an end is behind it', () => {
    const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const day = fc.constantFrom('', 'today ', 'tomorrow ', 'monday ', 'sun ');
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), day, clock, clock, (now, zone, named, [h, m], [toH, toM]) => {
        const written = `${named}${h}:${String(m).padStart(2, '0')}`;
        const result = readTimes(
          { duration: `until ${toH}:${String(toM).padStart(2, '0')}`, start: written },
          zone,
          now,
        );
        if (!result.ok) {
          expect(['time_past', 'end_before_start']).toContain(result.refusal.code);
          return;
        }
        const { startsAt, endsBy, durationSeconds } = result.times;
        if (!startsAt || !endsBy) throw new Error('both were written');
        expect(startsAt.getTime()).toBeGreaterThan(now.getTime());
        expect(startsAt.getTime() - now.getTime()).toBeLessThanOrEqual(8 * 86_400_000);
        expect(endsBy.getTime() - startsAt.getTime()).toBe((durationSeconds ?? 0) * 1000);
        expect(durationSeconds).toBeGreaterThan(0);
        const shown = localTime(startsAt, zone);
        const skipped = momentsOf({ ...shown, hour: h, minute: m }, zone).every(
          (each) => localTime(each, zone).hour !== h || localTime(each, zone).minute !== m,
        );
        if (!skipped) expect([shown.hour, shown.minute]).toEqual([h, m]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('nothing that is typed breaks it', () => {
    const word = fc.constantFrom(
      '1h',
      '30',
      'm',
      'until',
      'at',
      '17:00',
      '99:99',
      'friday',
      'tomorrow',
      'noon',
      'pm',
      'x',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), fc.array(word, { maxLength: 6 }), (long, start) => {
        const result = readTimes({ duration: long.join(' '), start: start.join(' ') }, BERLIN, NOW);
        expect(typeof result.ok).toBe('boolean');
      }),
    );
  });
});
