import type { Unavailable } from '../domain/policy/facts.ts';
import { Outage } from '../usecases/ports.ts';

/** What a look-up threw, as the fact that it did not bring. */
export function unavailable(error: unknown): Unavailable {
  const why = error instanceof Error ? error.message : String(error);
  return error instanceof Outage && error.kind === 'permanent'
    ? { unavailable: why, lasting: true }
    : { unavailable: why };
}
