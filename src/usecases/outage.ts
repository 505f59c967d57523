import { Outage } from './ports.ts';

/** The same error as an Outage: what an adapter did not foresee may or may not have happened. */
export function asOutage(error: unknown): Outage {
  if (error instanceof Outage) return error;
  return new Outage('unknown_outcome', error instanceof Error ? error.message : String(error), { cause: error });
}
