import { type Effect, type EffectChange, effectKey } from '../../../src/domain/effect.ts';
import type { Grant } from '../../../src/domain/grant.ts';
import type { Place } from './program.ts';

/** What the person holds on the target. `low` is what they may have held before us, `high` is what a grant gives. */
export type Level = 'low' | 'high' | null;

/** Safeguards that a variant of the model leaves out, to see that the model notices. */
export type Safeguard =
  | 'the lock'
  | 'the read-back'
  | 'the commit before the announcement'
  | 'the schedule before the grant'
  | 'the count of siblings'
  | 'the doubt after an unknown outcome'
  | 'the fencing'
  | 'the note that is never rewritten'
  | 'the generation of an effect'
  | 'the effects in the transaction';

export interface Size {
  /** `locking`: as PostgreSQL, whose lock is held by whoever carries out our calls. `leased`: no locks, and calls can land late. */
  readonly target: 'locking' | 'leased';
  /** All of one person on one entitlement, so that each is the others' sibling. */
  readonly grants: number;
  readonly workers: number;
  /** Crashes, pauses, lost answers and lies of the target, taken together. */
  readonly faults: number;
  /** Until when grants are approved, and faults happen, and the model goes on. */
  readonly approvals: number;
  readonly faulty: number;
  readonly ticks: number;
  /** How many of the grants may be given back before their time. */
  readonly returns: number;
  /** How often each grant may be extended. */
  readonly extensions: number;
  /** What the person held on the target before us. */
  readonly before: Level;
  readonly without: Safeguard | null;
}

/** An effect that is pending. What is done is not there. */
export interface Pending {
  /** In ticks. */
  readonly due: number;
  readonly generation: number;
  /** The worker whose lease it is in. */
  readonly owner: number | null;
}

export interface Worker {
  readonly key: string;
  /** The one that was claimed. */
  readonly generation: number;
  readonly place: Place;
  /** Of the target's lock: `lost` is what a worker has who was paused for too long, and does not know it. */
  readonly lock: 'none' | 'held' | 'lost';
  /** Of the lease on a target without locks. */
  readonly fence: number | null;
  /** Whether it still has its lease on the effect; who was paused for too long has not, and does not know it. */
  readonly leased: boolean;
}

/** A call that was sent and has not been answered. */
export interface Flying {
  readonly level: Level;
  /** The tick at which the target has given it up. */
  readonly landsBy: number;
  /** Who still waits for its answer. */
  readonly sender: number | null;
  /** Carried out already, and the answer is on its way. */
  readonly landed: boolean;
}

/** All there is, as a value. */
export interface World {
  readonly size: Size;
  readonly tick: number;
  readonly faults: number;
  readonly grants: readonly Grant[];
  readonly effects: Readonly<Record<string, Pending>>;
  readonly workers: readonly (Worker | null)[];
  /** The row of the lease, or the target's lock, with the worker that holds it. */
  readonly lock: { readonly holder: number | null; readonly fence: number; readonly unsettledSince: number | null };
  readonly level: Level;
  readonly flying: readonly Flying[];
  readonly note: { readonly before: Level } | null;
  /** What people were told: `access_live/<grant>`. */
  readonly told: readonly string[];
  /** Whether a call has ever landed after its sender was gone. */
  readonly landedLate: boolean;
  /** Effects that the variant which schedules too late has not scheduled yet. */
  readonly unscheduled: readonly EffectChange[];
}

/** One step of the world. A fault is what need not happen; without faults everything has to come to its end. */
export interface Move {
  readonly label: string;
  readonly fault: boolean;
  readonly world: World;
}

export const plain = (label: string, world: World): Move => ({ label, fault: false, world });

export const TICK_MS = 600_000;
const START = Date.parse('2026-03-02T12:00:00.000Z');
export const dateOf = (tick: number): Date => new Date(START + tick * TICK_MS);
/** Rounded down: retries come within a tick. */
export const tickOf = (date: Date): number => Math.floor((date.getTime() - START) / TICK_MS);

export const start = (size: Size): World => ({
  size,
  tick: 0,
  faults: 0,
  grants: [],
  effects: {},
  workers: Array.from({ length: size.workers }, () => null),
  lock: { holder: null, fence: 0, unsettledSince: null },
  level: size.before,
  flying: [],
  note: null,
  told: [],
  landedLate: false,
  unscheduled: [],
});

/** What the end of access hangs on. The rest (cards, messages, reminders) is only looked at for what it tells people. */
const isWork = ({ kind }: Effect): boolean => kind === 'provision_grant' || kind === 'revoke_grant';

/** As the statement of the store does: scheduling again moves it, raises its generation and leaves the lease. */
export function withEffects(world: World, changes: readonly EffectChange[]): World {
  const effects = { ...world.effects };
  for (const change of changes) {
    if (!isWork(change.effect)) continue;
    const key = effectKey(change.effect);
    const known = effects[key];
    if (change.change === 'cancel') delete effects[key];
    else {
      const claimed = world.workers.map((worker) => (worker?.key === key ? worker.generation : 0));
      const generation = Math.max(known?.generation ?? 0, ...claimed) + 1;
      effects[key] = { due: tickOf(change.dueAt), generation, owner: known?.owner ?? null };
    }
  }
  return { ...world, effects };
}

/** What effects tell people of this grant. */
export const newsOf = (changes: readonly EffectChange[], grant: Grant): readonly string[] =>
  changes.flatMap(({ change, effect }) =>
    change === 'schedule' && effect.kind === 'notify_person' && /^access_(live|ended)$/.test(effect.notice)
      ? [`${effect.notice}/${grant.id}`]
      : [],
  );

/** From here on people may read it, however late Slack is. */
export const withTold = (world: World, news: readonly string[]): World =>
  news.length === 0 ? world : { ...world, told: [...new Set([...world.told, ...news])].sort() };

const forgotten = new Map<string, Grant>();
/** A grant without what no decision hangs on, so that the same state is the very same value. */
export function forget(grant: Grant): Grant {
  const less = withoutHistory(grant);
  const text = JSON.stringify(less);
  const there = forgotten.get(text);
  if (there) return there;
  forgotten.set(text, less);
  return less;
}

function withoutHistory(grant: Grant): Grant {
  const over = grant.status === 'revoking' || grant.status === 'ended';
  const some = <T>(value: T | null, instead: T): T | null => (value === null ? null : instead);
  return {
    ...grant,
    version: 0,
    attempts: Math.min(grant.attempts, 1),
    createdAt: dateOf(0),
    activatedAt: some(grant.activatedAt, dateOf(0)),
    endDueAt: some(grant.endDueAt, dateOf(0)),
    endedAt: some(grant.endedAt, dateOf(0)),
    lastError: some(grant.lastError, 'it failed'),
    endReason: some(grant.endReason, 'it failed'),
    ...(over ? { provisionBy: dateOf(0), mustEndBy: dateOf(0), endsAt: some(grant.endsAt, dateOf(0)) } : {}),
  };
}
