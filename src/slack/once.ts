import { ONCE_ENTRIES_MAX, ONCE_MS } from './limits.ts';

/**
 * Slack delivers at least once, and at times twice at the same moment. A second delivery with the same key gets the first one's
 * answer instead of running again. This spares people double answers; what must not happen twice is held by the database.
 */
export function createOnce(now: () => number = Date.now) {
  const seen = new Map<string, { readonly answer: Promise<unknown>; readonly until: number }>();

  function forgetOld(): void {
    for (const [key, entry] of seen) {
      if (entry.until > now() && seen.size <= ONCE_ENTRIES_MAX) break;
      seen.delete(key);
    }
  }

  return function once<T>(key: string, work: () => Promise<T>): Promise<T> {
    forgetOld();
    const known = seen.get(key);
    if (known) return known.answer as Promise<T>;
    const answer = work();
    seen.set(key, { answer, until: now() + ONCE_MS });
    // A delivery that failed must be able to come again.
    answer.catch(() => seen.delete(key));
    return answer;
  };
}

export type Once = ReturnType<typeof createOnce>;
