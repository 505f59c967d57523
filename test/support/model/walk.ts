import { broken, isOver } from './laws.ts';
import { Moves } from './moves.ts';
import { known } from './program.ts';
import { type Level, type Move, type Size, start, type World } from './world.ts';

/** How long faults may go on, and how long it may then take until all is over. Steps. */
const WILD_STEPS = 250;
const CALM_STEPS = 3_000;
/** How often time, and a holder who could give back, are passed over when it is their turn. */
const PATIENCE = 0.8;
/** Rounds that share what is known of the code: more would only fill the memory. */
const SHARED_ROUNDS = 50;

/** Random walks through a world that is too large to be searched. The same seed goes the same ways. */
export async function walk(
  size: Omit<Size, 'before'>,
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Promise<{ readonly steps: number; readonly violation: string | null }> {
  let steps = 0;
  let moves = new Map<Level, Moves>();
  for (let round = 0; round < rounds; round += 1) {
    const sized: Size = { ...size, before: round % 2 === 0 ? 'low' : null };
    if (round % SHARED_ROUNDS === 0) moves = new Map();
    const these = moves.get(sized.before) ?? new Moves(sized);
    moves.set(sized.before, these);
    const went = await oneRound(these, sized, randomOf(seed + round));
    steps += went.trace.length;
    if (went.violation) {
      const told = [`seed ${seed + round}: ${went.violation}`, ...went.trace.slice(-80)];
      return { steps, violation: told.join('\n  ') };
    }
  }
  return { steps, violation: null };
}

interface Went {
  readonly violation: string | null;
  readonly trace: readonly string[];
}

async function oneRound(moves: Moves, size: Size, random: () => number): Promise<Went> {
  const trace: string[] = [];
  let world: World = start(size);
  for (let step = 0; step < WILD_STEPS + CALM_STEPS; step += 1) {
    const calm = step >= WILD_STEPS;
    if (calm && isOver(world)) return { violation: null, trace };
    const move = await oneOf(moves, world, random, calm);
    if (!move) break;
    trace.push(move.label);
    world = move.world;
    const violation = broken(world);
    if (violation) return { violation, trace };
  }
  return { violation: isOver(world) ? null : 'it never came to an end, although faults did', trace };
}

/** Everybody is as likely as everybody else, and time passes when nobody has anything left to do or the dice say so. */
async function oneOf(moves: Moves, world: World, random: () => number, calm: boolean): Promise<Move | null> {
  const actors = [...moves.actors(world)];
  while (actors.length > 0) {
    const chosen = Math.floor(random() * actors.length);
    // Time is the last of them, and in no hurry.
    if (chosen === actors.length - 1 && chosen > 0 && random() < PATIENCE) continue;
    const [actor] = actors.splice(chosen, 1);
    const all = actor ? await known(actor) : [];
    const possible = calm ? all.filter((move) => !move.fault) : all;
    const move = possible[Math.floor(random() * possible.length)];
    // Nobody gives back as often as he could, or little would ever go live.
    if (move?.label.includes('gives back') && random() < PATIENCE) continue;
    if (move) return move;
  }
  return null;
}

/** mulberry32 (public domain). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
