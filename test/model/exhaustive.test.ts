import { describe, expect, it } from '@jest/globals';
import { type Searched, search } from '../support/model/search.ts';
import type { Safeguard, Size } from '../support/model/world.ts';

// The real use cases and machines, step by step, in every order in which two workers and two grants of one person on one entitlement can
// come to them, with a crash, a pause, a lost call or answer, or a lie of the target at every step: test/support/model.

const SMALL: Size = {
  target: 'locking',
  before: 'low',
  grants: 2,
  workers: 2,
  faults: 1,
  approvals: 0,
  faulty: 1,
  ticks: 2,
  returns: 1,
  extensions: 0,
  without: null,
};
/** Where calls can land late a tick more is needed until none can. */
const LEASED: Size = { ...SMALL, target: 'leased', faulty: 0 };
const LIMIT_MS = 600_000;

const told = ({ violation }: Searched): string => (violation ? [violation.what, ...violation.trace].join('\n  ') : '');

async function holds(size: Size, atLeast: number): Promise<void> {
  const searched = await search(size);
  expect(told(searched)).toBe('');
  // A model in which little can happen proves little.
  expect(searched.states).toBeGreaterThan(atLeast);
}

describe('in every state that can be reached, access that should be gone goes, and what was there before stays', () => {
  it('on a target with locks, with a fault at every step', () => holds(SMALL, 50_000), LIMIT_MS);
  it('on a target without locks, whose calls can land late', () => holds(LEASED, 100_000), LIMIT_MS);
  it('where the person held nothing before', () => holds({ ...SMALL, before: null, faults: 0 }, 500), LIMIT_MS);
  it(
    'where a grant is extended and one worker meets fault after fault',
    () => holds({ ...SMALL, grants: 1, workers: 1, faults: 3, extensions: 1, ticks: 3 }, 1_000),
    LIMIT_MS,
  );
});

// Most of what two workers do concerns nobody else, and is searched in one order of many. What can come of it must be the same.
describe('the orders that are left out lead nowhere else', () => {
  it.each([
    ['on a target with locks', { ...SMALL, ticks: 1, faulty: 0, returns: 0 }],
    ['on a target without locks', { ...LEASED, grants: 1, faults: 2, returns: 0, ticks: 1 }],
    ['where calls land late', { ...LEASED, grants: 1, workers: 1, faults: 2 }],
  ] satisfies [string, Size][])(
    '%s',
    async (_, size) => {
      const [some, all] = [await search(size), await search(size, { reduced: false })];
      expect(some.states).toBeLessThan(all.states / 2);
      expect(some.resting).toEqual(all.resting);
    },
    LIMIT_MS,
  );
});

describe('without a safeguard the model finds the way to the harm', () => {
  const without = async (safeguard: Safeguard, size: Size = SMALL): Promise<string> => {
    const found = told(await search({ ...size, without: safeguard }));
    // What a broken rule would look like to whoever breaks it.
    if (process.env.MODEL_TRACES) process.stdout.write(`\nwithout ${safeguard}: ${found}\n`);
    return found;
  };

  it.each([
    ['the lock', /holds high/],
    ['the read-back', /called live, and the person holds low/],
    ['the commit before the announcement', /called ended, and is revoking[\s\S]*dies before the commit/],
    ['the schedule before the grant', /its end is not scheduled/],
    ['the count of siblings', /called live, and the person holds low/],
    ['the note that is never rewritten', /holds high/],
    ['the generation of an effect', /its end is not scheduled/],
    ['the effects in the transaction', /is to end at 2, and must at 1/],
  ] satisfies [Safeguard, RegExp][])(
    '%s',
    async (safeguard, harm) => {
      expect(await without(safeguard)).toMatch(harm);
    },
    LIMIT_MS,
  );

  it.each([
    ['the lock', /the person holds/],
    ['the doubt after an unknown outcome', /holds high[\s\S]*a call lands/],
    ['the fencing', /the person holds/],
  ] satisfies [Safeguard, RegExp][])(
    '%s, on a target without locks',
    async (safeguard, harm) => {
      expect(await without(safeguard, LEASED)).toMatch(harm);
    },
    LIMIT_MS,
  );
});
