import { type Grant, mayExist } from '../../../src/domain/grant.ts';
import { tickOf, type World } from './world.ts';

/** What must hold in every world there can be; null: it does, else a sentence for people. */
export function broken(world: World): string | null {
  for (const grant of world.grants) {
    const found = unscheduled(world, grant) ?? cutShort(world, grant) ?? toldTooEarly(world, grant);
    if (found) return found;
  }
  const open = world.grants.some((grant) => mayExist(grant) && grant.target.resolved !== null);
  if (world.level !== world.size.before && !open) return `nobody's grant is open, and the person holds ${world.level}`;
  if (world.size.before !== null && world.level === null)
    return `the person lost ${world.size.before}, which they held before`;
  return null;
}

/** There is no state in which access may exist and nothing is scheduled to remove it, in time. */
function unscheduled(world: World, grant: Grant): string | null {
  if (!mayExist(grant)) return null;
  const pending = world.effects[`revoke_grant/${grant.id}`];
  const name = nameOf(grant);
  if (!pending) return `${name} is ${grant.status}, and its end is not scheduled`;
  const latest = grant.status === 'revoking' ? world.tick + 1 : tickOf(grant.endsAt ?? grant.mustEndBy);
  if (pending.due > latest) return `${name} is to end at ${pending.due}, and must at ${latest}`;
  return null;
}

/** What is called live is there, siblings or not. A late call on a target without locks can take it away; then it is reported. */
function cutShort(world: World, grant: Grant): string | null {
  if (grant.status !== 'active' || world.level === 'high' || world.landedLate) return null;
  return `${nameOf(grant)} is called live, and the person holds ${world.level ?? 'nothing'}`;
}

function toldTooEarly(world: World, grant: Grant): string | null {
  if (world.told.includes(`access_live/${grant.id}`) && grant.activatedAt === null) {
    return `${nameOf(grant)} was called live, and never was`;
  }
  if (world.told.includes(`access_ended/${grant.id}`) && grant.status !== 'ended') {
    return `${nameOf(grant)} was called ended, and is ${grant.status}`;
  }
  return null;
}

/** Where every run has to come to: everything that was approved has ended, on the target too, and nobody works any more. */
export const isOver = (world: World): boolean =>
  world.grants.every((grant) => grant.status === 'ended') &&
  world.level === world.size.before &&
  world.workers.every((worker) => worker === null);

const nameOf = (grant: Grant): string => `grant ${grant.id.slice(-1)}`;
