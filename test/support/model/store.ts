import type { EffectChange } from '../../../src/domain/effect.ts';
import { type Grant, mayExist } from '../../../src/domain/grant.ts';
import type { GrantId, WorkspaceId } from '../../../src/domain/ids.ts';
import type { Change, HoldingNote, Outage, Reads, Store, Tx } from '../../../src/usecases/ports.ts';
import { numberOf } from './key.ts';
import { modelLeases } from './leases.ts';
import { hasLockAlone, inTime } from './lock.ts';
import { type Answer, type Ask, type AskFn, answered, told, Unknown } from './program.ts';
import { dateOf, forget, type Level, newsOf, type World, withEffects, withTold } from './world.ts';

/** Lives in the one access there is. */
export const ACCESS_KEY = 'model/1/1';

/** The store as real use cases see it. Each read and each transaction is one step, whole or not at all, as PostgreSQL does it. */
export function modelStore(ask: AskFn): Store {
  const reads = outside<Reads>('reads', {
    grant: (id) => ask(read('read the grant', (world) => told(grantOf(world, id), toldGrant))),
    // Only whoever has the lock writes it.
    note: () => ask({ ...read('read the note', (world) => answered(noteOf(world))), private: hasLockAlone }),
  });
  return outside<Store>('store', {
    reads: () => reads,
    now: () => ask({ ...read('read the clock', (world) => told(world.tick, dateOf)), private: inTime }),
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

const read = (name: string, of: (world: World) => Answer): Ask => ({
  name,
  outcomes: (world) => [{ label: name, world, answer: of(world) }],
});

const grantOf = (world: World, id: GrantId): Grant | null => world.grants.find((each) => each.id === id) ?? null;
const openOn = (world: World): readonly Grant[] =>
  world.grants.filter((each) => mayExist(each) && each.target.resolved !== null);
const siblings = (world: World): readonly Grant[] =>
  world.size.without === 'the count of siblings' ? [] : openOn(world);

/** The one that ended last has put back what was there before; those before it had a sibling. */
const lastEnded = ({ grants }: World): readonly Grant[] => {
  const ended = grants.filter((each) => each.status === 'ended' && each.target.resolved !== null);
  const last = ended.find((each) => each.leftBehind !== null) ?? ended[0];
  return last ? [last] : [];
};

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

/** One transaction of real code, which must be the same for the same grants, note and time: it runs once for each. */
export function transaction<T>(work: (tx: Tx) => Promise<T>): Ask {
  const ran = new Map<string, Ran>();
  const runOn = (world: World): Ran => {
    const key = `${numberOf(world.grants)}/${world.tick}/${world.note ? world.note.before : '-'}`;
    const there = ran.get(key);
    if (there) return there;
    throw new Unknown(run(world, work).then((came) => ran.set(key, came)));
  };
  return {
    name: 'a transaction',
    outcomes(world) {
      const { label, wrote, answer } = runOn(world);
      return [{ label, world: wrote ? committed(world, wrote) : world, answer }];
    },
    crashes(world) {
      const { without } = world.size;
      if (without !== 'the effects in the transaction' && without !== 'the commit before the announcement') return [];
      const { label, wrote } = runOn(world);
      if (!wrote) return [];
      const { grants, note, news } = wrote;
      return without === 'the effects in the transaction'
        ? [{ label: `dies between the ${label} and its effects`, world: { ...world, grants, note } }]
        : [{ label: `dies before the ${label}, and has told of it`, world: withTold(world, news) }];
    },
  };
}

interface Ran {
  readonly label: string;
  readonly answer: Answer;
  /** Null: nothing, since it threw. */
  readonly wrote: Wrote | null;
}

interface Wrote {
  readonly grants: readonly Grant[];
  readonly note: { readonly before: Level } | null;
  readonly effects: readonly EffectChange[];
  readonly news: readonly string[];
}

const committed = (world: World, { grants, note, effects, news }: Wrote): World =>
  withEffects(withTold({ ...world, grants, note }, news), effects);

/** Whole, or not at all when it throws. */
async function run<T>(world: World, work: (tx: Tx) => Promise<T>): Promise<Ran> {
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
    isOpenElsewhere: async () => false,
    grantsOn: async () => [...siblings(staged()), ...lastEnded(staged())],
    standingDrift: async () => [],
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
    const { grants, note, effects } = written;
    const wrote = { grants, note, effects, news: grants.flatMap((grant) => newsOf(effectsOf(effects, grant), grant)) };
    return { label: `commit ${written.says.join(', ') || 'nothing'}`, wrote, answer: answered(plain(value)) };
  } catch (error) {
    const { kind, message } = error as Outage;
    if (kind === undefined) throw error;
    return { label: `commit nothing: ${message}`, wrote: null, answer: { outage: { kind, message } } };
  }
}

/** Of all the effects of a transaction those that tell people of this grant: each is about a request of its own. */
const effectsOf = (effects: readonly EffectChange[], grant: Grant): readonly EffectChange[] =>
  effects.filter(({ effect }) => 'requestId' in effect && effect.requestId === grant.requestId);

/** What the code is told of its transaction. It said itself what happened and what follows, and looks at neither again. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (isGrant(value)) return toldGrant(value);
  if (typeof value !== 'object') return value;
  if ('keeper' in value) return outside('standing', { ...value, keeper: outside('keeper', nameOf(value.keeper)) });
  if (!('ok' in value)) return value;
  return outside('step', { ok: value.ok, ...('state' in value ? { state: plain(value.state) } : {}) });
}

const nameOf = (keeper: unknown): Partial<Grant> => {
  const { id, roleKey } = keeper as Grant;
  return { id, roleKey };
};

const isGrant = (value: unknown): value is Grant =>
  typeof value === 'object' && value !== null && 'roleKey' in value && 'target' in value;

export const levelOf = (value: unknown): Level => (value === 'low' || value === 'high' ? value : null);
