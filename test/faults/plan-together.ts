import { ASKING, diceOf, holdings, type Queue, ROLES, type RoundPlan } from './plan.ts';
import { TOGETHER_POINTS } from './points-together.ts';

const CROWDS_PER_ROUND = 4;
/** More than one process takes in hand one by one, and more than are told one by one. */
const IN_A_CROWD = 14;
/** Of those as many have a second role over the first. */
const TWICE = 2;

/** So many seeds in a row name every crash point of many ends once. */
export const TOGETHER_ROUNDS = TOGETHER_POINTS.length / CROWDS_PER_ROUND;

/** Crowds whose access ends at one moment, each at another crash point. From the seed alone. */
export function planTogether(seed: number, queues: readonly Queue[] = ['redis', 'postgres']): RoundPlan {
  const dice = diceOf(seed);
  const queue = queues[seed % queues.length] ?? 'postgres';
  return {
    seed,
    queue,
    // Mostly one: then nobody else goes on while it is dead.
    replicas: dice.one([1, 1, 2, 3]),
    holdings: holdings(dice),
    grants: [],
    faults: [],
    points: [],
    crowds: TOGETHER_POINTS.filter((_, index) => index % TOGETHER_ROUNDS === seed % TOGETHER_ROUNDS).map(({ name }) => {
      const people = dice.shuffled(ASKING).slice(0, IN_A_CROWD - TWICE);
      const first = people.map((person) => ({ person, role: dice.one(ROLES) }));
      const second = first.slice(0, TWICE).map(({ person, role }) => ({
        person,
        role: dice.one(ROLES.filter((each) => each !== role)),
      }));
      return { name, grants: [...first, ...second] };
    }),
  };
}
