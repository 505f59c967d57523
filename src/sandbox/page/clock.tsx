import { createContext, useContext, useMemo } from 'react';
import type { Snapshot } from '../server/snapshot.ts';

/** The sandbox's time, which may be ahead of the machine's. */
export interface SandboxClock {
  now(): Date;
  /** When something was that happened at this moment of the machine's clock. */
  at(machineMs: number): Date;
  readonly aheadMs: number;
}

function clockOf(screen: Snapshot): SandboxClock {
  const moves = screen.world?.moves ?? [];
  const aheadAt = (ms: number): number => moves.findLast(({ fromMs }) => fromMs <= ms)?.aheadMs ?? 0;
  return {
    now: () => new Date(Date.now() + (moves.at(-1)?.aheadMs ?? 0)),
    at: (ms) => new Date(ms + aheadAt(ms)),
    aheadMs: moves.at(-1)?.aheadMs ?? 0,
  };
}

const machine: SandboxClock = { now: () => new Date(), at: (ms) => new Date(ms), aheadMs: 0 };
const Context = createContext(machine);
export const ClockProvider = Context.Provider;
export const useClock = (): SandboxClock => useContext(Context);

/** The same object as long as the clock is not moved, so that messages are not drawn anew. */
export function useClockOf(screen: Snapshot): SandboxClock {
  const moved = screen.world?.moves.length ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a move is all that changes it
  return useMemo(() => clockOf(screen), [moved]);
}
