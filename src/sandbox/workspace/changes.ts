/** Something that a client of the workspace would redraw. */
export type Change =
  | { readonly type: 'message'; readonly channel: string; readonly ts: string }
  | { readonly type: 'ephemeral'; readonly channel: string; readonly user: string }
  | { readonly type: 'modal'; readonly user: string }
  | { readonly type: 'home'; readonly user: string }
  | { readonly type: 'violation' };

export type Changes = ReturnType<typeof createChanges>;

export function createChanges() {
  const listeners = new Set<(change: Change) => void>();
  return {
    announce(change: Change): void {
      for (const listener of listeners) listener(change);
    },
    /** Returns the way to stop listening. */
    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

export interface WaitOptions {
  /** 5,000 unless set. */
  readonly timeoutMs?: number;
  /** Said in the error when the wait is over: "waiting for <what>". */
  readonly what?: string;
}

const pollMs = 20;

/**
 * Asks again and again until `ask` gives something other than undefined, null or false, or does not throw any more. Bounded:
 * throws after `timeoutMs` with what was awaited and the last error.
 */
export async function waitFor<T>(
  ask: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? 5000;
  const endsAt = Date.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const found = await ask();
      if (isFound(found)) return found;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() >= endsAt) {
      const why = lastError instanceof Error ? ` Last error: ${lastError.message}` : '';
      throw new Error(`Gave up after ${timeoutMs} ms waiting for ${options.what ?? 'a condition'}.${why}`, {
        cause: lastError,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function isFound<T>(value: T): value is Exclude<T, undefined | null | false> {
  return value !== undefined && value !== null && value !== false;
}
