import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { untilOf } from '../../src/domain/written/until.ts';

/** A Wednesday, 22:30 in Berlin. */
const NOW = new Date('2026-11-25T21:30:00Z');
const berlin = (typed: string, now = NOW): string | undefined => untilOf(typed, now, 'Europe/Berlin')?.toISOString();

describe('until when, as somebody types it in their zone', () => {
  it.each([
    ['friday', '2026-11-27T23:00:00.000Z'],
    ['Fri', '2026-11-27T23:00:00.000Z'],
    ['wednesday', '2026-11-25T23:00:00.000Z'],
    ['today', '2026-11-25T23:00:00.000Z'],
    ['tomorrow', '2026-11-26T23:00:00.000Z'],
    ['tomorrow 9am', '2026-11-26T08:00:00.000Z'],
    ['friday noon', '2026-11-27T11:00:00.000Z'],
    ['friday 12:00', '2026-11-27T11:00:00.000Z'],
    ['2026-12-24', '2026-12-24T23:00:00.000Z'],
    ['23:00', '2026-11-25T22:00:00.000Z'],
    ['5pm', '2026-11-26T16:00:00.000Z'],
    ['12am', '2026-11-25T23:00:00.000Z'],
    ['3d', '2026-11-28T21:30:00.000Z'],
    ['1h30m', '2026-11-25T23:00:00.000Z'],
  ])('%s', (typed, expected) => expect(berlin(typed)).toBe(expected));

  it.each([
    '',
    'someday',
    '17',
    '25:00',
    '13pm',
    '0am',
    'friday lunch',
    '2026-13-40',
    'fr',
    'friday 12:00 sharp',
    '<@U1>',
  ])('%s is no time', (typed) => expect(untilOf(typed, NOW, 'Europe/Berlin')).toBeNull());

  it('lasts to the end of the day also where it has 23 or 25 hours', () => {
    expect(berlin('today', new Date('2026-03-29T00:30:00Z'))).toBe('2026-03-29T22:00:00.000Z');
    expect(berlin('today', new Date('2026-10-24T23:30:00Z'))).toBe('2026-10-25T23:00:00.000Z');
  });

  it('never throws, and a time of day is within a day', () => {
    fc.assert(
      fc.property(fc.string(), (typed) => {
        untilOf(typed, NOW, 'Europe/Berlin');
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), (hour, minute) => {
        const typed = `${hour}:${String(minute).padStart(2, '0')}`;
        const ahead = (untilOf(typed, NOW, 'Asia/Tokyo')?.getTime() ?? 0) - NOW.getTime();
        expect(ahead).toBeGreaterThan(0);
        expect(ahead).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});
