/** Entries of one memory; past it everything is asked for again. */
const ENTRIES_MAX = 50_000;

/**
 * Answers that are kept for a while. Questions that come together share one answer, and a failure is never kept. `now` is the real
 * time plus the clock's offset, in milliseconds.
 */
export function createMemory<T>(lifeMs: number, now: () => number) {
  const kept = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  return {
    get(key: string, ask: () => Promise<T>): Promise<T> {
      const known = kept.get(key);
      if (known && known.until > now()) return known.answer;
      if (kept.size >= ENTRIES_MAX) kept.clear();
      const answer = ask();
      const entry = { answer, until: now() + lifeMs };
      kept.set(key, entry);
      answer.catch(() => {
        if (kept.get(key) === entry) kept.delete(key);
      });
      return answer;
    },
    /** What is remembered and still fresh; undefined: nothing. */
    peek(key: string): Promise<T> | undefined {
      const known = kept.get(key);
      return known && known.until > now() ? known.answer : undefined;
    },
    put(key: string, value: T): void {
      kept.set(key, { answer: Promise.resolve(value), until: now() + lifeMs });
    },
  };
}
