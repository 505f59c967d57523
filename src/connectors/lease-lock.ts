import { setTimeout as sleep } from 'node:timers/promises';
import { Outage, type TargetSession } from '../usecases/ports.ts';
import type { Lease, Leases } from '../usecases/watch-ports.ts';

/** In milliseconds. */
export interface LeaseLimits {
  /** Until the answer to one call is given up. */
  readonly callMs: number;
  /** How long a lease lasts from its taking, and at least from each call; longer than `callMs`. */
  readonly leaseMs: number;
  /** How long somebody waits for a lease; longer than `leaseMs`, so that a dead holder's is got in the same try. */
  readonly waitMs: number;
  /** How often somebody who waits looks again. */
  readonly pollMs: number;
  /** When the target itself has given up a call for good; null: it has no limit that we know of. */
  readonly landsWithinMs: number | null;
}

/** One access, held by a lease: nobody else of ours begins anything there. */
export interface Held {
  /** See `TargetSession`: an older call may still land, since nothing on the target stops it. */
  readonly unsettled: TargetSession['unsettled'];
  /**
   * Sends one call that changes the target. `send` gives up with the signal, and throws an `unknown_outcome` Outage whenever the call
   * may have arrived; `fence` is for targets that can refuse older writers. Throws `transient`, and sends nothing, when the lease
   * was lost.
   */
  change<T>(send: (signal: AbortSignal, fence: string) => Promise<T>): Promise<T>;
}

/**
 * The lock of one access on a target that has none: a lease in our own database, longer than any call's deadline, with a fencing number
 * that is checked before each call. It keeps our workers apart. What it cannot do is stop a call that was sent and got lost on its
 * way; so each call is noted before it is sent, and whoever holds the lease next knows of it, also after a crash.
 */
export async function withLease<T>(
  leases: Leases,
  access: { readonly name: string; readonly key: string },
  limits: LeaseLimits,
  work: (held: Held) => Promise<T>,
): Promise<T> {
  const lease = await take(leases, access, limits);
  const { unsettledSince, fence } = lease;
  try {
    return await work({
      unsettled: unsettledOf(unsettledSince, limits),
      async change(send) {
        const askedAt = performance.now();
        const lost = !(await leases.beginCall(lease, limits.leaseMs));
        // A process that stood still over the answer may be too late by now, and the next may have counted the call as over.
        if (lost || performance.now() - askedAt > limits.leaseMs - limits.callMs) {
          throw new Outage('transient', `${access.name}: this access was taken over by another worker meanwhile`);
        }
        try {
          const answer = await send(AbortSignal.timeout(limits.callMs), fence);
          await leases.settleCall(lease);
          return answer;
        } catch (error) {
          // Whatever is not surely known not to have happened stays noted.
          if (error instanceof Outage && error.kind !== 'unknown_outcome') await leases.settleCall(lease);
          throw error;
        }
      },
    });
  } finally {
    // A lease that cannot be given back ends by itself.
    await leases.release(lease).catch(() => undefined);
  }
}

async function take(
  leases: Leases,
  { name, key }: { readonly name: string; readonly key: string },
  { leaseMs, waitMs, pollMs }: LeaseLimits,
): Promise<Lease> {
  const giveUpAt = performance.now() + waitMs;
  for (;;) {
    const lease = await leases.take(key, leaseMs);
    if (lease) return lease;
    if (performance.now() >= giveUpAt) {
      throw new Outage('transient', `${name}: another worker has been busy with this access for ${waitMs / 1000} s`);
    }
    await sleep(pollMs);
  }
}

function unsettledOf(since: Date | null, { landsWithinMs }: LeaseLimits): TargetSession['unsettled'] {
  if (since === null) return null;
  return { sentAt: since, landsBy: landsWithinMs === null ? null : new Date(since.getTime() + landsWithinMs) };
}
