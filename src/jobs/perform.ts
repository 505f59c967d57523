import type { Logger } from 'pino';
import { backoffMs, REVOKE_BACKOFF, SCREEN_BACKOFF } from '../usecases/backoff.ts';
import { type ClaimedEffect, Outage, type Performed } from '../usecases/ports.ts';
import { laneOf } from './definitions.ts';
import { ABORT_GRACE_MS, ERROR_MAX_LENGTH, PERFORM_LIMIT_MS } from './limits.ts';
import { messageOf, pause } from './within.ts';

/**
 * Does what an effect asks for. The signal is aborted when the work must stop: the lease was lost, the time is up, or the process
 * ends. A throw counts as 'try again' and is logged.
 */
export type Perform = (claimed: ClaimedEffect, signal: AbortSignal) => Promise<Performed>;

/** The same for ends of access of one target, together. `settled` are the keys of those that need nothing more now. */
export type PerformEnds = (
  claimed: readonly ClaimedEffect[],
  signal: AbortSignal,
) => Promise<{ readonly settled: ReadonlySet<string>; readonly batched: boolean }>;

/** Rejects soon after `stop` or when it takes too long, whatever the work does. */
export async function withinLimits<T>(work: Promise<T>, stop: AbortController): Promise<T> {
  const tooLong = () => stop.abort(new Error(`It took longer than ${PERFORM_LIMIT_MS / 1_000} s`));
  const timer = setTimeout(tooLong, PERFORM_LIMIT_MS);
  const finished = new AbortController();
  try {
    return await Promise.race([work, abandoned(stop.signal, finished.signal)]);
  } finally {
    clearTimeout(timer);
    finished.abort();
  }
}

/** Performs and never throws: what went wrong becomes a retry. Returns soon after `stop`, whatever the performer does. */
export async function performSafely(
  perform: Perform,
  claimed: ClaimedEffect,
  stop: AbortController,
  log: Logger,
): Promise<Performed> {
  try {
    return await withinLimits(perform(claimed, stop.signal), stop);
  } catch (error) {
    return failed(claimed, error, log);
  }
}

/** Rejects a while after the signal, when the performer did not heed it. Silent once it finished. */
async function abandoned(signal: AbortSignal, finished: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true, signal: finished });
  });
  await pause(ABORT_GRACE_MS, finished);
  if (finished.aborted) return new Promise<never>(() => {});
  throw signal.reason instanceof Error ? signal.reason : new Error('It was stopped');
}

function failed(claimed: ClaimedEffect, error: unknown, log: Logger): Performed {
  const outage = error instanceof Outage ? error : null;
  const backoff = laneOf(claimed.kind) === 'access' ? REVOKE_BACKOFF : SCREEN_BACKOFF;
  const asked = outage?.retryAfterSeconds ?? null;
  const retryInMs = Math.max(asked === null ? 0 : asked * 1_000, backoffMs(backoff, claimed.attempts));
  const message = messageOf(error).slice(0, ERROR_MAX_LENGTH);
  const fields = { ...fieldsOf(claimed), attempts: claimed.attempts + 1, retryInMs, err: error };
  // A transient outage mends itself; anything else needs a person.
  if (outage && outage.kind !== 'permanent') log.warn(fields, `${claimed.kind} failed and is tried again: ${message}`);
  else log.error(fields, `${claimed.kind} failed and is tried again: ${message}`);
  return { done: false, retryInMs, error: message };
}

function fieldsOf(claimed: ClaimedEffect): Record<string, string> {
  const { effect } = claimed;
  return {
    effect: claimed.key,
    workspaceId: claimed.workspaceId,
    ...('requestId' in effect ? { requestId: effect.requestId } : {}),
    ...('grantId' in effect ? { grantId: effect.grantId } : {}),
  };
}
