import type { Grant } from '../../../src/domain/grant.ts';
import type { Flying, Level, Pending, Worker, World } from './world.ts';

const numbers = new Map<string, number>();
const numberOfList = new WeakMap<object, number>();
const numberOfGrant = new WeakMap<Grant, number>();
/** Equal for lists that say the same. */
export function numberOf(list: readonly Grant[] | readonly string[]): number {
  const known = numberOfList.get(list);
  if (known !== undefined) return known;
  const text = list.map((each) => (typeof each === 'string' ? each : numberOfOne(each))).join();
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  numberOfList.set(list, number);
  return number;
}

/** Grants that say the same are the same, see `forget`. */
function numberOfOne(grant: Grant): number {
  const known = numberOfGrant.get(grant);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(`grant ${number}`, number);
  numberOfGrant.set(grant, number);
  return number;
}

/** Jest runs tests in a context of their own, in which each look at a global is slow. */
const { imul } = Math;
/** Small numbers for what is compared by them. */
const LEVELS = { low: 1, high: 2 };
const LOCKS = { none: 0, held: 1, lost: 2 };
const levelNumber = (level: Level): number => (level === null ? 0 : LEVELS[level]);

/**
 * Equal for worlds from which the same can happen. Which of two workers does something makes no difference. 53 bits (cyrb53, public
 * domain): among a million states two share one with a chance of 1 in 18,000, and then one would not be looked at.
 */
export function keyOf(world: World): number {
  const { effects, lock, note } = world;
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const take = (value: number): void => {
    a = imul(a ^ value, 2654435761);
    a ^= a >>> 15;
    b = imul(b ^ value, 1597334677);
    b ^= b >>> 13;
  };
  take(world.tick + world.faults * 64 + levelNumber(world.level) * 4096 + (world.landedLate ? 16384 : 0));
  take(numberOf(world.grants));
  take(numberOf(world.told));
  take((lock.holder === null ? 0 : 1) + ((lock.unsettledSince ?? -1) + 1) * 2);
  take((note ? 1 + levelNumber(note.before) : 0) + world.unscheduled.length * 4);
  for (const grant of world.grants) {
    take(dueNumber(effects[`provision_grant/${grant.id}`]));
    take(dueNumber(effects[`revoke_grant/${grant.id}`]));
  }
  for (const worker of sorted(world.workers.map((each, index) => (each ? workerNumber(world, each, index) : 0)))) {
    take(worker);
  }
  for (const call of sorted(world.flying.map(callNumber))) take(call);
  a = imul(a ^ (a >>> 16), 2246822507) ^ imul(b ^ (b >>> 13), 3266489909);
  b = imul(b ^ (b >>> 16), 2246822507) ^ imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

const sorted = (values: number[]): number[] => (values.length < 2 ? values : values.sort((one, other) => one - other));
const dueNumber = (pending: Pending | undefined): number => (pending ? pending.due + 1 : 0);
const callNumber = ({ level, landsBy, sender, landed }: Flying): number =>
  1 + levelNumber(level) + landsBy * 4 + (sender === null ? 0 : 1024) + (landed ? 2048 : 0);

/** A place belongs to one effect. Of a generation, a fencing number and an owner only matters whether they are the latest. */
function workerNumber({ effects, lock, flying }: World, worker: Worker, index: number): number {
  const effect = effects[worker.key];
  const lease = effect?.owner === index ? (effect.generation === worker.generation ? 1 : 2) : 0;
  const fence = worker.fence === null ? 0 : worker.fence === lock.fence ? 1 : 2;
  const sends = flying.some((call) => call.sender === index) ? 1 : 0;
  const flags = sends + (lock.holder === index ? 2 : 0) + (worker.leased ? 4 : 0);
  return 1 + flags + LOCKS[worker.lock] * 8 + fence * 32 + lease * 128 + worker.place.id * 512;
}
