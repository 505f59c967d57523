/** Counts work that is under way, so that stopping can wait for it: Bolt's own stop returns while handlers still run. */
export function createInFlight() {
  const running = new Set<Promise<unknown>>();
  return {
    count: (): number => running.size,
    track<T>(work: Promise<T>): Promise<T> {
      running.add(work);
      const forget = (): void => {
        running.delete(work);
      };
      work.then(forget, forget);
      return work;
    },
    /** Waits until nothing runs any more, `limitMs` at most. Returns how much was left behind. */
    async drain(limitMs: number): Promise<number> {
      const end = performance.now() + limitMs;
      while (running.size > 0 && performance.now() < end) {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, end - performance.now());
        });
        await Promise.race([Promise.allSettled([...running]), late]);
        clearTimeout(timer);
      }
      return running.size;
    },
  };
}
