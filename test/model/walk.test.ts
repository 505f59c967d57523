import { expect, it } from '@jest/globals';
import { walk } from '../support/model/walk.ts';
import type { Size } from '../support/model/world.ts';

/** The usual run takes a sample; MODEL_ROUNDS=10000 takes as many as that, and MODEL_SEED says where they begin. */
const ROUNDS = Number(process.env.MODEL_ROUNDS ?? 200);
const SEED = Number(process.env.MODEL_SEED ?? 1);
const LIMIT_MS = 60_000 + ROUNDS * 1_000;

const LARGE: Omit<Size, 'before'> = {
  target: 'locking',
  grants: 3,
  workers: 3,
  faults: 8,
  approvals: 3,
  faulty: 6,
  ticks: 14,
  returns: 3,
  extensions: 1,
  without: null,
};

it('a walk finds what is broken on purpose', async () => {
  const { violation } = await walk({ ...LARGE, without: 'the count of siblings' }, { rounds: 500, seed: 1 });
  expect(violation).toMatch(/the person (holds|lost)/);
});

// Larger than can be searched: three grants, three workers, eight faults, extensions. The seed of a failure is in its message.
it.each(['locking', 'leased'] as const)(
  'random walks on a target that is %s keep the promise, and end',
  async (target) => {
    const { steps, violation } = await walk({ ...LARGE, target }, { rounds: Math.ceil(ROUNDS / 2), seed: SEED });
    expect(violation).toBeNull();
    expect(steps).toBeGreaterThan(ROUNDS * 20);
  },
  LIMIT_MS,
);
