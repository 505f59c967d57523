import { grantId } from '../../../src/domain/ids.ts';
import { provisionGrant } from '../../../src/usecases/provision-grant.ts';
import { revokeGrant } from '../../../src/usecases/revoke-grant.ts';
import { born, People } from './people.ts';
import { type AskFn, type Begin, Programs } from './program.ts';
import { modelStore } from './store.ts';
import { failing, lands, mayFail, modelConnectors } from './target.ts';
import { type Move, plain, type Size, type Worker, type World, withEffects } from './world.ts';

/** Everything that can happen next. */
export class Moves {
  readonly #programs = new Programs();
  readonly #people = new People();
  readonly #size: Size;
  readonly #reduced: boolean;

  /** `reduced`: without the orders that make no difference, see `Ask.private`. */
  constructor(size: Size, reduced = true) {
    this.#size = size;
    this.#reduced = reduced;
  }

  /** All of them; where a worker has something to do that concerns nobody else, only that: see `Ask.private`. */
  from(world: World): readonly Move[] {
    const alone = this.#alone(world);
    if (alone >= 0) return this.#ofWorker(world, alone);
    const found: Move[] = [];
    for (const moves of this.actors(world)) found.push(...moves());
    return found;
  }

  /**
   * The one step that comes next where nobody else's makes a difference and nothing can fail any more; null: there are several, or
   * none. The world between need not be kept.
   */
  forced(world: World): Move | null {
    if (mayFail(world)) return null;
    const alone = this.#alone(world);
    return alone < 0 ? null : (this.#ofWorker(world, alone)[0] ?? null);
  }

  #alone(world: World): number {
    if (!this.#reduced) return -1;
    return world.workers.findIndex((worker, index) => worker && isPrivate(world, index, worker));
  }

  /** Everybody who may do something, each with what that could be. */
  actors(world: World): readonly (() => readonly Move[])[] {
    return [
      () => this.#people.moves(world),
      () => this.#claims(world),
      ...[...world.workers.keys()].map((index) => () => this.#ofWorker(world, index)),
      () => [...schedulesLater(world), ...callsLand(world), ...timePasses(world)],
    ];
  }

  #ofWorker(world: World, index: number): Move[] {
    const worker = world.workers[index];
    if (!worker) return [];
    const on = this.#goesOn(world, index, worker);
    return mayFail(world) ? [...on, ...crashes(world, index, worker), ...pauses(world, index, worker)] : on;
  }

  /** A free worker takes what is due. Free workers are alike, so the first does. */
  #claims(world: World): Move[] {
    const free = world.workers.indexOf(null);
    if (free < 0) return [];
    const moves: Move[] = [];
    for (const [key, effect] of Object.entries(world.effects)) {
      if (effect.owner !== null || effect.due > world.tick) continue;
      const place = this.#programs.begin(key, this.#work(world, key));
      const worker: Worker = { key, generation: effect.generation, place, lock: 'none', fence: null, leased: true };
      const claimed = { ...world.effects, [key]: { ...effect, owner: free } };
      const taken = { ...replace(world, free, worker), effects: claimed };
      moves.push(plain(`${free} takes ${key}`, this.#reads(taken, free, worker)));
    }
    return moves;
  }

  /** What it reads before anything else. To take it and read later is as good as to take it later. */
  #reads(world: World, index: number, worker: Worker): World {
    const { ask } = worker.place;
    if (!ask?.name.startsWith('read ')) return world;
    const [read] = this.#goesOn(world, index, worker);
    const after = read?.world.workers[index];
    return read && after ? this.#reads(read.world, index, after) : world;
  }

  #work(world: World, key: string): Begin {
    const [kind, id] = key.split('/');
    const { workspaceId: workspace } = world.grants.find((grant) => grant.id === id) ?? born(0);
    const input = { workspace, grantId: grantId(id ?? '') };
    return (ask: AskFn) => {
      const store = modelStore(ask);
      const ports = { store, connectors: modelConnectors(this.#size, ask, store.leases) };
      return kind === 'provision_grant' ? provisionGrant(ports, input) : revokeGrant(ports, input);
    };
  }

  #goesOn(world: World, index: number, worker: Worker): Move[] {
    const { ask, result } = worker.place;
    if (result) return [plain(`${index} is done with ${worker.key}`, finished(world, index, worker, result.done))];
    const moves: Move[] = [];
    for (const { label, world: next, answer } of ask?.outcomes(world, index) ?? []) {
      const place = this.#programs.next(worker.place, answer);
      const after = next.workers[index] ?? worker;
      const fault = next.faults > world.faults;
      moves.push({ label: `${index} ${label}`, fault, world: replace(next, index, { ...after, place }) });
    }
    return moves;
  }
}

/** See `Ask.private`. To be done with an effect commutes with whatever schedules it anew. */
const isPrivate = (world: World, index: number, { place }: Worker): boolean =>
  place.result ? world.size.without !== 'the generation of an effect' : (place.ask?.private?.(world, index) ?? false);

const replace = (world: World, index: number, worker: Worker | null): World => ({
  ...world,
  workers: world.workers.map((each, at) => (at === index ? worker : each)),
});

/** `complete` and `retry` of the outbox: nothing of what was scheduled anew meanwhile is lost. */
function finished(world: World, index: number, { key, generation }: Worker, done: boolean): World {
  const effects = { ...world.effects };
  const effect = effects[key];
  if (effect?.owner === index) {
    const same = effect.generation === generation || world.size.without === 'the generation of an effect';
    if (same && done) delete effects[key];
    else effects[key] = { ...effect, owner: null, due: same ? world.tick : effect.due };
  }
  return { ...replace(world, index, null), effects };
}

/** A process dies. What it held is free again, and what it had sent is on its way. */
function crashes(world: World, index: number, worker: Worker): Move[] {
  const ends = [
    { label: `dies (${worker.place.ask?.name ?? 'before it could say that it was done'})`, world },
    ...(worker.place.ask?.crashes?.(world, index) ?? []),
  ];
  return ends.map((end) => ({
    label: `${index} ${end.label}`,
    fault: true,
    world: replace(failing(withoutHands(end.world, index)), index, null),
  }));
}

function withoutHands(world: World, index: number): World {
  const { lock } = world;
  return {
    ...world,
    effects: freed(world, index),
    lock: lock.holder === index ? { ...lock, holder: null } : lock,
    flying: world.flying.flatMap((call) =>
      call.sender !== index ? [call] : call.landed ? [] : [{ ...call, sender: null }],
    ),
  };
}

const freed = (world: World, index: number): World['effects'] =>
  Object.fromEntries(
    Object.entries(world.effects).map(([key, effect]) => [
      key,
      effect.owner === index ? { ...effect, owner: null } : effect,
    ]),
  );

/** A process stands still for so long that its leases run out, and then goes on as if nothing had happened. */
function pauses(world: World, index: number, worker: Worker): Move[] {
  const moves: Move[] = [];
  const free = replace({ ...failing(world), effects: freed(world, index) }, index, { ...worker, leased: false });
  if (worker.leased) moves.push({ label: `${index} loses its lease on ${worker.key}`, fault: true, world: free });
  if (worker.lock === 'held') {
    const lock = world.lock.holder === index ? { ...world.lock, holder: null } : world.lock;
    const paused = replace({ ...free, lock }, index, { ...worker, leased: false, lock: 'lost' });
    moves.push({ label: `${index} stands still for so long that it loses the lock`, fault: true, world: paused });
  }
  return moves;
}

/** What was sent arrives. Where its sender waits and has the lease, the sender's own step says so. */
function callsLand(world: World): Move[] {
  const isHeard = (sender: number | null): boolean => sender !== null && world.workers[sender]?.lock === 'held';
  const late = world.flying.filter((call) => !call.landed && !isHeard(call.sender));
  return late.map((call) => plain(`a call lands: ${call.level ?? 'nothing'}`, lands(world, call)));
}

/** Ten minutes, in which everybody who is not paused has come to an end: no lease is as long as that. */
function timePasses(world: World): Move[] {
  if (world.tick >= world.size.ticks) return [];
  if (world.workers.some((worker) => worker?.leased)) return [];
  const tick = world.tick + 1;
  const flying = world.flying.filter((call) => call.landed || call.landsBy > tick);
  return [plain('ten minutes pass', { ...world, tick, flying })];
}

function schedulesLater(world: World): Move[] {
  if (world.unscheduled.length === 0) return [];
  return [plain('the end is scheduled', { ...withEffects(world, world.unscheduled), unscheduled: [] })];
}
