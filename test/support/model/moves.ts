import { effectKey } from '../../../src/domain/effect.ts';
import { createGrant, type Grant, type GrantCommand, isLive, transitionGrant } from '../../../src/domain/grant.ts';
import { grantId, requestId, roleKey } from '../../../src/domain/ids.ts';
import type { AccessRequest } from '../../../src/domain/request.ts';
import { provisionGrant } from '../../../src/usecases/provision-grant.ts';
import { revokeGrant } from '../../../src/usecases/revoke-grant.ts';
import { stepGrant } from '../../../src/usecases/step-grant.ts';
import { aRequest, dev } from '../domain.ts';
import { type AskFn, type Begin, Programs } from './program.ts';
import { modelStore, run } from './store.ts';
import { failing, lands, mayFail, modelConnectors } from './target.ts';
import { dateOf, type Size, TICK_MS, type Worker, type World, withEffects } from './world.ts';

/** One step of the world. A fault is what need not happen; without faults everything has to come to its end. */
export interface Move {
  readonly label: string;
  readonly fault: boolean;
  readonly world: World;
}

const SECONDS_PER_TICK = TICK_MS / 1000;

/** Everything that can happen next. */
export class Moves {
  readonly #programs = new Programs();
  readonly #size: Size;

  constructor(size: Size) {
    this.#size = size;
  }

  /** All of them; where a worker has something to do that concerns nobody else, only that: see `Ask.private`. */
  async from(world: World): Promise<readonly Move[]> {
    const alone = world.workers.findIndex((worker, index) => worker && isPrivate(world, index, worker));
    if (alone >= 0) return this.#ofWorker(world, alone);
    const found: Move[] = [];
    // One after the other: two must not begin the same place of the code at once.
    for (const moves of this.actors(world)) found.push(...(await moves()));
    return found;
  }

  /** Everybody who may do something, each with what that could be. */
  actors(world: World): readonly (() => Promise<readonly Move[]>)[] {
    return [
      () => people(world),
      () => this.#claims(world),
      ...[...world.workers.keys()].map((index) => () => this.#ofWorker(world, index)),
      async () => [...schedulesLater(world), ...callsLand(world), ...timePasses(world)],
    ];
  }

  async #ofWorker(world: World, index: number): Promise<Move[]> {
    const worker = world.workers[index];
    if (!worker) return [];
    const on = await this.#goesOn(world, index, worker);
    return mayFail(world) ? [...on, ...(await crashes(world, index, worker)), ...pauses(world, index, worker)] : on;
  }

  /** A free worker takes what is due. Free workers are alike, so the first does. */
  async #claims(world: World): Promise<Move[]> {
    const free = world.workers.indexOf(null);
    if (free < 0) return [];
    const moves: Move[] = [];
    for (const [key, effect] of Object.entries(world.effects)) {
      if (effect.owner !== null || effect.due > world.tick) continue;
      const place = await this.#programs.begin(key, this.#work(world, key));
      const worker: Worker = { key, generation: effect.generation, place, lock: 'none', fence: null, leased: true };
      const claimed = { ...world.effects, [key]: { ...effect, owner: free } };
      const taken = { ...replace(world, free, worker), effects: claimed };
      moves.push(plain(`${free} takes ${key}`, await this.#reads(taken, free, worker)));
    }
    return moves;
  }

  /** What it reads before anything else. To take it and read later is as good as to take it later. */
  async #reads(world: World, index: number, worker: Worker): Promise<World> {
    const { ask } = worker.place;
    if (!ask?.name.startsWith('read ')) return world;
    const [read] = await this.#goesOn(world, index, worker);
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

  async #goesOn(world: World, index: number, worker: Worker): Promise<Move[]> {
    const { ask, result } = worker.place;
    if (result) return [plain(`${index} is done with ${worker.key}`, finished(world, index, worker, result.done))];
    const moves: Move[] = [];
    for (const { label, world: next, answer } of (await ask?.outcomes(world, index)) ?? []) {
      const place = await this.#programs.next(worker.place, answer);
      const after = next.workers[index] ?? worker;
      const fault = next.faults > world.faults;
      moves.push({ label: `${index} ${label}`, fault, world: replace(next, index, { ...after, place }) });
    }
    return moves;
  }
}

/** See `Ask.private`. To be done with an effect commutes with whatever schedules it anew. */
const isPrivate = (world: World, index: number, { place }: Worker): boolean =>
  place.result ? world.size.without === null : (place.ask?.private?.(world, index) ?? false);

const plain = (label: string, world: World): Move => ({ label, fault: false, world });
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
async function crashes(world: World, index: number, worker: Worker): Promise<Move[]> {
  const ends = [
    { label: `dies (${worker.place.ask?.name ?? 'before it could say that it was done'})`, world },
    ...((await worker.place.ask?.crashes?.(world, index)) ?? []),
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

// ───────────────────────────────────────────── people

async function people(world: World): Promise<Move[]> {
  const moves: Move[] = [];
  const { size, grants } = world;
  if (grants.length < size.grants && world.tick <= size.approvals) moves.push(await approves(world));
  for (const grant of grants) {
    if (isLive(grant) && grants.indexOf(grant) < size.returns) {
      moves.push(
        await commands(world, grant, 'gives back', { type: 'end', because: 'returned', by: dev, reason: null }),
      );
    }
    if (grant.status === 'active' && grant.extensions < size.extensions) {
      const more = { type: 'extend', seconds: SECONDS_PER_TICK, by: requestOf(grants.indexOf(grant)) } as const;
      moves.push(await commands(world, grant, 'extends', more));
    }
  }
  return moves.filter((move) => move.world !== world);
}

async function commands(world: World, grant: Grant, does: string, command: GrantCommand): Promise<Move> {
  // Through the real use case, in one step: its transaction is all that it does.
  let after = world;
  const store = modelStore(async <T>(ask: Parameters<AskFn>[0]): Promise<T> => {
    const [outcome] = await ask.outcomes(world, -1);
    if (!outcome || !('value' in outcome.answer)) throw new Error(`${ask.name} came to nothing`);
    after = outcome.world;
    return outcome.answer.value as T;
  });
  await stepGrant({ store }, { workspace: grant.workspaceId, grantId: grant.id }, (state, now) =>
    transitionGrant(state, command, now),
  );
  return plain(`the holder ${does} ${grant.id.slice(-1)}`, after);
}

async function approves(world: World): Promise<Move> {
  const index = world.grants.length;
  const { size } = world;
  const made = createGrant(grantId(`grt_000000000000000${index}`), requestOf(index), null, dateOf(world.tick));
  const late = size.without === 'the schedule before the grant';
  const isEnd = (key: string): boolean => key.startsWith('revoke_grant');
  const now = made.effects.filter((change) => !late || !isEnd(effectKey(change.effect)));
  const ran = await run(world, (tx) => tx.save({ grants: [made.state], events: made.events, effects: now }));
  const unscheduled = late ? made.effects.filter((change) => isEnd(effectKey(change.effect))) : [];
  return plain(`${index} is approved`, { ...ran.world, unscheduled: [...world.unscheduled, ...unscheduled] });
}

function schedulesLater(world: World): Move[] {
  if (world.unscheduled.length === 0) return [];
  return [plain('the end is scheduled', { ...withEffects(world, world.unscheduled), unscheduled: [] })];
}

const born = (index: number): Grant =>
  createGrant(grantId(`grt_000000000000000${index}`), requestOf(index), null, dateOf(0)).state;

/** One tick to be provisioned in, and one to be used. Two roles of a policy, and one entitlement. */
function requestOf(index: number): AccessRequest {
  const made = aRequest({ stages: [], durationSeconds: SECONDS_PER_TICK });
  const role = { ...made.role, key: roleKey(`orders-db/role-${index}`), provisioningWindowSeconds: SECONDS_PER_TICK };
  return { ...made, id: requestId(`req_000000000000000${index}`), role };
}
