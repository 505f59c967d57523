import { KEPT_ANSWERS_MAX } from './limits.ts';

/**
 * Answers that are kept for a while, each as long as its question says. Questions that come together share one answer; a failure
 * is never kept. `now` is real time in milliseconds.
 */
export function createKeeper<T>(now: () => number) {
  const kept = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  return (key: string, lifeSeconds: number, ask: () => Promise<T>): Promise<T> => {
    const known = kept.get(key);
    if (known && known.until > now()) return known.answer;
    if (kept.size >= KEPT_ANSWERS_MAX) kept.clear();
    const answer = ask();
    // While it is asked for, everybody waits for the same answer, however short it lives.
    const entry = { answer, until: Number.POSITIVE_INFINITY };
    kept.set(key, entry);
    const forget = (): void => {
      if (kept.get(key) === entry) kept.delete(key);
    };
    answer.then(() => {
      if (kept.get(key) !== entry) return;
      if (lifeSeconds > 0) kept.set(key, { answer, until: now() + lifeSeconds * 1_000 });
      else forget();
    }, forget);
    return answer;
  };
}
