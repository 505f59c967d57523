import type { EffectChange } from '../../../src/domain/effect.ts';
import { type Grant, mayExist } from '../../../src/domain/grant.ts';
import type { GrantId, WorkspaceId } from '../../../src/domain/ids.ts';
import type { Change, HoldingNote, Outage, Reads, Store, Tx } from '../../../src/usecases/ports.ts';
import type { Leases } from '../../../src/usecases/watch-ports.ts';
import type { Answer, Ask, AskFn, Outcome } from './program.ts';
import { dateOf, forget, type Level, tickOf, type World, withEffects, withTold } from './world.ts';

/** Lives in the one access there is. */
export const ACCESS_KEY = 'model/1/1';

/** The store as real use cases see it. Each read and each transaction is one step, whole or not at all, as PostgreSQL does it. */
export function modelStore(ask: AskFn): Store {
  const reads = outside<Reads>('reads', {
    grant: (id) => ask(read('read the grant', (world) => toldGrant(grantOf(world, id)))),
    openGrantsOn: () => ask(read('count the siblings', (world) => siblings(world))),
    // Only whoever has the lock writes it.
    note: () => ask({ ...read('read the note', noteOf), private: hasLockAlone }),
  });
  return outside<Store>('store', {
    reads: () => reads,
    now: () => ask({ ...read('read the clock', (world) => dateOf(world.tick)), private: inTime }),
    transaction: <T>(_: WorkspaceId, work: (tx: Tx) => Promise<T>): Promise<T> => ask<T>(transaction(work)),
    leases: modelLeases(ask),
  });
}

/** Of a grant what real code looks at outside of a transaction: every other difference makes no other place in the code. */
function toldGrant(grant: Grant | null): Grant | null {
  if (!grant) return null;
  const { id, status, attempts, lastError, target } = grant;
  const dates = status === 'provisioning' ? { provisionBy: grant.provisionBy, mustEndBy: grant.mustEndBy } : {};
  return outside<Grant>('grant', { id, status, attempts, lastError, target, ...dates });
}

/** A part of the world that is only modelled as far as the promise needs it. Real code that needs more fails, and the model learns it. */
export function outside<T extends object>(name: string, known: Partial<T>): T {
  return new Proxy(known, {
    get(target, member) {
      if (Reflect.has(target, member)) return Reflect.get(target, member);
      // Looked for by `await` and `JSON.stringify` in whatever they get.
      if (member === 'then' || member === 'toJSON') return undefined;
      throw new Error(`The model has no ${name}.${String(member)}: teach it, since the real code uses it now`);
    },
  }) as T;
}

const read = <T>(name: string, of: (world: World) => T): Ask => ({
  name,
  outcomes: async (world) => [{ label: name, world, answer: { value: of(world) } }],
});

/** Time passes for nobody who has his lease. */
const inTime = (world: World, worker: number): boolean => world.workers[worker]?.leased ?? false;

/** It has the lock, nobody thinks the same of himself, and no call of anybody is on its way. */
export const hasLockAlone = (world: World, worker: number): boolean =>
  world.size.without === null &&
  world.lock.holder === worker &&
  world.flying.length === 0 &&
  world.workers.every((each, index) => index === worker || !each || each.lock === 'none');

const grantOf = (world: World, id: GrantId): Grant | null => world.grants.find((each) => each.id === id) ?? null;
const openOn = (world: World): readonly Grant[] =>
  world.grants.filter((each) => mayExist(each) && each.target.resolved !== null);
const siblings = (world: World): readonly Grant[] =>
  world.size.without === 'the count of siblings' ? [] : openOn(world);

const noteOf = ({ note, grants }: World): HoldingNote | null => {
  const [first] = grants;
  if (!note || !first) return null;
  return {
    accessKey: ACCESS_KEY,
    workspaceId: first.workspaceId,
    before: { ours: note.before, others: [] },
    notedAt: dateOf(0),
    notedFor: first.id,
  };
};

function transaction<T>(work: (tx: Tx) => Promise<T>): Ask {
  return {
    name: 'a transaction',
    async outcomes(world) {
      const ran = await run(world, work);
      return [{ label: `commit ${ran.says}`, world: ran.world, answer: ran.answer }];
    },
    async crashes(world) {
      const { size } = world;
      if (size.without === 'the effects in the transaction') {
        const ran = await run(world, work);
        return [{ label: `dies between the commit of ${ran.says} and its effects`, world: ran.bare }];
      }
      if (size.without === 'the commit before the announcement') {
        const ran = await run(world, work);
        return [
          { label: `dies before the commit of what it told (${ran.says})`, world: { ...world, told: ran.world.told } },
        ];
      }
      return [];
    },
  };
}

interface Ran {
  readonly world: World;
  /** Without the effects. */
  readonly bare: World;
  readonly answer: Answer;
  readonly says: string;
}

/** Whole, or not at all when it throws. */
export async function run<T>(world: World, work: (tx: Tx) => Promise<T>): Promise<Ran> {
  const written: { grants: Grant[]; effects: EffectChange[]; note: { before: Level } | null; says: string[] } = {
    grants: [...world.grants],
    effects: [],
    note: world.note,
    says: [],
  };
  const now = dateOf(world.tick);
  const staged = (): World => ({ ...world, grants: written.grants, note: written.note });
  const tx = outside<Tx>('transaction', {
    now,
    grantForUpdate: async (id) => grantOf(staged(), id),
    openGrantsOn: async () => siblings(staged()),
    note: async () => noteOf(staged()),
    lockNotes: async () => undefined,
    pendingExtensionsOf: async () => [],
    knowSystems: async () => undefined,
    async keepNote(note) {
      const rewrites = world.size.without === 'the note that is never rewritten';
      if (!written.note || rewrites) written.note = { before: levelOf(note.before.ours) };
      return { ...note, before: { ours: written.note.before, others: [] } };
    },
    async dropNotes() {
      written.note = null;
    },
    async save({ grants = [], events = [], effects = [] }: Change) {
      for (const grant of grants) {
        const index = written.grants.findIndex((each) => each.id === grant.id);
        written.grants.splice(index < 0 ? written.grants.length : index, 1, forget(grant));
      }
      written.effects.push(...effects);
      written.says.push(...events.map((event) => `${event.kind} ${event.grantId?.slice(-1) ?? ''}`));
    },
  });
  try {
    const value = await work(tx);
    const bare = staged();
    const grants = written.grants;
    const whole = grants.reduce((so, grant) => withTold(so, effectsOf(written.effects, grant), grant), bare);
    const says = written.says.join(', ') || 'nothing';
    return { world: withEffects(whole, written.effects), bare, answer: { value: plain(value) }, says };
  } catch (error) {
    const { kind, message } = error as Outage;
    if (kind === undefined) throw error;
    return { world, bare: world, answer: { outage: { kind, message } }, says: `nothing: ${message}` };
  }
}

/** Of all the effects of a transaction those that tell people of this grant: each is about a request of its own. */
const effectsOf = (effects: readonly EffectChange[], grant: Grant): readonly EffectChange[] =>
  effects.filter(({ effect }) => 'requestId' in effect && effect.requestId === grant.requestId);

/** What the code is told of its transaction. It said itself what happened and what follows, and looks at neither again. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (isGrant(value)) return toldGrant(value);
  if (typeof value !== 'object' || !('ok' in value)) return value;
  return outside('step', { ok: value.ok, ...('state' in value ? { state: plain(value.state) } : {}) });
}

const isGrant = (value: unknown): value is Grant =>
  typeof value === 'object' && value !== null && 'roleKey' in value && 'target' in value;

export const levelOf = (value: unknown): Level => (value === 'low' || value === 'high' ? value : null);

const TAKE = 'take the lease';

/** The rows that `createLeases` keeps, statement by statement. Numbers of leases only matter by being different. */
function modelLeases(ask: AskFn): Leases {
  const step = (name: string, of: (world: World, worker: number) => Outcome | null): Ask => ({
    name,
    // Others read the row when they take the lease, which they cannot while it is held.
    private: (world, worker) => name !== TAKE && world.size.without === null && isMine(world, worker),
    async outcomes(world, worker) {
      const outcome = of(world, worker);
      return outcome ? [outcome] : [];
    },
  });
  const noted = (world: World, unsettledSince: number | null): World => ({
    ...world,
    lock: { ...world.lock, unsettledSince },
  });
  const isLatest = (world: World, worker: number): boolean => world.workers[worker]?.fence === world.lock.fence;
  const isMine = (world: World, worker: number): boolean => isLatest(world, worker) && world.lock.holder === worker;

  return {
    take: (key) =>
      ask(
        step(TAKE, (world, worker) => {
          const { holder, unsettledSince } = world.lock;
          if (holder !== null && world.size.without !== 'the lock') return null;
          const fence = world.lock.fence + 1;
          const since = unsettledSince === null ? null : dateOf(unsettledSince);
          return {
            label: `takes the lease${since ? ', and hears of a call in doubt' : ''}`,
            world: { ...withLock(world, worker, 'held', fence), lock: { holder: worker, fence, unsettledSince } },
            // The number is the worker's in the model: in the code it would only make places different that are the same.
            answer: { value: { key, fence: 'its own', unsettledSince: since } },
          };
        }),
      ),
    beginCall: () =>
      ask(
        step('note the call', (world, worker) => {
          const { without } = world.size;
          if (!isMine(world, worker) && without !== 'the fencing' && without !== 'the lock')
            return { label: 'may not call: its lease was lost', world, answer: { value: false } };
          return { label: 'notes that a call is sent', world: noted(world, world.tick), answer: { value: true } };
        }),
      ),
    settleCall: ({ unsettledSince }) =>
      ask(
        step('note the answer', (world, worker) => ({
          label: 'notes that it had its answer',
          world: isLatest(world, worker) ? noted(world, unsettledSince && tickOf(unsettledSince)) : world,
          answer: { value: null },
        })),
      ),
    release: () =>
      ask(
        step('release the lease', (world, worker) => ({
          label: 'releases the lease',
          world: {
            ...withLock(world, worker, 'none'),
            lock: isLatest(world, worker) ? { ...world.lock, holder: null } : world.lock,
          },
          answer: { value: null },
        })),
      ),
  };
}

/** The worker's own idea of the lock it has. */
export const withLock = (
  world: World,
  index: number,
  lock: 'none' | 'held' | 'lost',
  fence: number | null = null,
): World => ({
  ...world,
  workers: world.workers.map((worker, each) => (each === index && worker ? { ...worker, lock, fence } : worker)),
});
