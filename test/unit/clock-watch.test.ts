import { describe, expect, it } from '@jest/globals';
import { type ClockPresent, type ClockSighting, judgeClock } from '../../src/domain/clock-watch.ts';

const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const seen = (more: Partial<ClockSighting> = {}): ClockSighting => ({
  seenAt: at(0),
  boot: 'here',
  steadySeconds: 1_000,
  steppedMs: 0,
  outsideAheadMs: 0,
  looks: 7,
  events: 3,
  ...more,
});
const is = (nowSeconds: number, more: Partial<ClockPresent> = {}): ClockPresent => ({
  now: at(nowSeconds),
  boot: 'here',
  steadySeconds: 1_000,
  outsideNow: null,
  events: 3,
  newestEventAt: at(-5),
  ...more,
});

describe('a start on the machine that looked last', () => {
  it('knows how long it was down, and so how far the clock went back', () => {
    // An hour of downtime in which the clock was set back by ten minutes: it is later than before, and still wrong.
    const verdict = judgeClock(seen(), null, is(3_000, { steadySeconds: 1_000 + 3_600 }));
    expect(verdict).toMatchObject({ steppedMs: -600_000, exact: true });
  });

  it('finds nothing where the clock went on as time did, and tells a jump ahead', () => {
    expect(judgeClock(seen(), null, is(3_601, { steadySeconds: 4_600 })).steppedMs).toBe(0);
    expect(judgeClock(seen(), null, is(7_200, { steadySeconds: 4_600 })).steppedMs).toBe(3_600_000);
  });
});

describe('a start on another machine, or after it was started anew', () => {
  const elsewhere = { boot: 'there', steadySeconds: 5 };

  it('knows that the clock went back at least as far as it is behind what was seen', () => {
    expect(judgeClock(seen(), null, is(-600, elsewhere))).toMatchObject({ steppedMs: -600_000, exact: false });
    expect(judgeClock(seen(), null, is(3_000, elsewhere)).steppedMs).toBe(0);
  });

  it('goes by the latest audit event where that is later than what was seen, or nothing was', () => {
    const later = { ...elsewhere, events: 4, newestEventAt: at(900) };
    expect(judgeClock(seen(), null, is(300, later))).toMatchObject({ steppedMs: -600_000, exact: false });
    expect(judgeClock(null, null, is(300, later))).toMatchObject({ steppedMs: -600_000, exact: false });
    // What was there at the last look was judged with it.
    expect(judgeClock(seen(), null, is(300, { ...later, events: 3 })).steppedMs).toBe(0);
  });

  it('a steady time that began anew on the same boot is none to compare with', () => {
    expect(judgeClock(seen(), null, is(-600, { steadySeconds: 5 }))).toMatchObject({ exact: false });
  });
});

describe('a clock outside', () => {
  const elsewhere = { boot: 'there', steadySeconds: 5 };

  it('tells what nothing here can see: a clock that was set back while nobody looked, on another machine', () => {
    const verdict = judgeClock(seen(), null, is(3_000, { ...elsewhere, outsideNow: at(3_600) }));
    expect(verdict).toMatchObject({ steppedMs: -600_000, exact: true });
    expect(verdict.sighting.outsideAheadMs).toBe(600_000);
  });

  it('adds what the record cannot know, once', () => {
    const first = judgeClock(seen(), null, is(-600, elsewhere));
    expect(first).toMatchObject({ steppedMs: -600_000, exact: false });
    const last = first.sighting;
    const next = judgeClock(last, last, is(-595, { ...elsewhere, steadySeconds: 10, outsideNow: at(205) }));
    expect(next).toMatchObject({ steppedMs: -200_000, exact: true });
    const after = judgeClock(
      next.sighting,
      next.sighting,
      is(-590, { ...elsewhere, steadySeconds: 15, outsideNow: at(210) }),
    );
    expect(after.steppedMs).toBe(0);
  });

  it('never talks a step away that is known here: it may be the same wrong clock', () => {
    const verdict = judgeClock(seen(), null, is(3_000, { steadySeconds: 4_600, outsideNow: at(3_000) }));
    expect(verdict).toMatchObject({ steppedMs: -600_000, exact: true });
  });

  it('may be off by some seconds', () => {
    expect(judgeClock(seen(), null, is(10, { ...elsewhere, outsideNow: at(14) })).steppedMs).toBe(0);
  });
});

describe('several processes', () => {
  it('what one of them found is nothing new to another', () => {
    const mine = seen({ boot: 'there', steadySeconds: 50 });
    const others = judgeClock(seen(), seen(), is(-590, { steadySeconds: 1_010 }));
    expect(others.steppedMs).toBe(-600_000);
    const verdict = judgeClock(others.sighting, mine, is(-588, { boot: 'there', steadySeconds: 62 }));
    expect(verdict.steppedMs).toBe(0);
  });

  it('an older copy of the database is known by its looks, and said once', () => {
    const mine = seen({ looks: 12, seenAt: at(25) });
    const verdict = judgeClock(seen(), mine, is(30, { steadySeconds: 1_005 }));
    expect(verdict).toMatchObject({ olderCopy: true, steppedMs: 0 });
    const others = seen({ looks: 13, seenAt: at(27) });
    expect(judgeClock(verdict.sighting, others, is(31, { steadySeconds: 1_004 })).olderCopy).toBe(false);
  });
});
