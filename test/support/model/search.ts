import { keyOf } from './key.ts';
import { broken, isOver } from './laws.ts';
import { Moves } from './moves.ts';
import { known } from './program.ts';
import { type Move, type Size, start, type World } from './world.ts';

export interface Searched {
  readonly states: number;
  readonly steps: number;
  /** The keys of those in which nobody works. */
  readonly resting: ReadonlySet<number>;
  /** The shortest way to a world that must not be, told step by step; null: there is none. */
  readonly violation: { readonly what: string; readonly trace: readonly string[] } | null;
}

const LIMIT = 5_000_000;

/**
 * Every world that can be reached, the near ones first. Afterwards every one of them must have a way on without faults to where all is
 * over: then, as long as faults end and everybody goes on, it does come to that.
 */
export async function search(size: Size, { reduced = true } = {}): Promise<Searched> {
  const moves = new Moves(size, reduced);
  const resting = new Set<number>();
  const ids = new Map<number, number>();
  const labels = new Map<string, number>();
  const from: number[] = [];
  const by: number[] = [];
  const over: number[] = [];
  /** Steps without faults, as pairs. */
  const steps: { readonly from: number[]; readonly to: number[] } = { from: [], to: [] };
  let taken = 0;
  let next: { id: number; world: World }[] = [];
  let found: { what: string; id: number } | null = null;

  const reach = (world: World, parent: number, label: string): number => {
    const key = keyOf(world);
    const there = ids.get(key);
    if (there !== undefined) return there;
    const id = from.length;
    if (id === LIMIT) throw new Error(`There are more than ${LIMIT} states`);
    ids.set(key, id);
    from.push(parent);
    by.push(labels.get(label) ?? labels.size);
    labels.set(label, by.at(-1) ?? 0);
    const what = broken(world);
    if (what) found ??= { what, id };
    if (world.workers.every((worker) => worker === null)) resting.add(key);
    if (isOver(world)) over.push(id);
    next.push({ id, world });
    return id;
  };

  reach(start(size), -1, `the person holds ${size.before ?? 'nothing'}`);
  while (next.length > 0 && !found) {
    const frontier = next;
    next = [];
    for (const { id, world } of frontier) {
      if (found) break;
      for (const move of await known(() => moves.from(world))) {
        taken += 1;
        const { world: reached, label } = await known(() => onward(moves, move));
        const to = reach(reached, id, label);
        if (move.fault) continue;
        steps.from.push(id);
        steps.to.push(to);
      }
    }
  }
  found ??= stuck(from.length, over, steps);
  const names = [...labels.keys()];
  const traceTo = (id: number): string[] => (id < 0 ? [] : [...traceTo(from[id] ?? -1), names[by[id] ?? 0] ?? '']);
  const violation = found && { what: found.what, trace: traceTo(found.id) };
  return { states: from.length, steps: taken, resting, violation };
}

/** Behind all that follows by itself and alone. What is wrong on the way is seen too. */
function onward(moves: Moves, { world, label }: Move): { world: World; label: string } {
  const next = broken(world) ? null : moves.forced(world);
  return next ? onward(moves, { ...next, label: `${label}\n  ${next.label}` }) : { world, label };
}

/** The first world from which nothing leads on to the end any more. */
function stuck(
  states: number,
  over: readonly number[],
  steps: { readonly from: readonly number[]; readonly to: readonly number[] },
): { what: string; id: number } | null {
  // Which steps lead to a state: those of `first[state]` up to `first[state + 1]` in `into`.
  const first = new Int32Array(states + 1);
  for (const to of steps.to) first[to + 1] = (first[to + 1] ?? 0) + 1;
  for (let state = 0; state < states; state += 1) first[state + 1] = (first[state + 1] ?? 0) + (first[state] ?? 0);
  const into = new Int32Array(steps.to.length);
  const filled = first.slice();
  for (const [index, to] of steps.to.entries()) {
    into[filled[to] ?? 0] = steps.from[index] ?? 0;
    filled[to] = (filled[to] ?? 0) + 1;
  }
  const ends = new Uint8Array(states);
  const waiting = [...over];
  for (const id of waiting) ends[id] = 1;
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const parent of into.subarray(first[id], first[id + 1])) {
      if (ends[parent]) continue;
      ends[parent] = 1;
      waiting.push(parent);
    }
  }
  const id = ends.indexOf(0);
  return id < 0 ? null : { what: 'from here it never comes to an end, even without faults', id };
}
