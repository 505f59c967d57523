/** What was started, to be stopped in the opposite order, whatever goes wrong on the way. */
export interface Teardown {
  add(stop: () => Promise<unknown> | unknown): void;
  /** Runs everything once, last first, and then throws the first error there was. */
  run(): Promise<void>;
}

export function createTeardown(): Teardown {
  let stops: (() => Promise<unknown> | unknown)[] = [];
  return {
    add: (stop) => {
      stops.push(stop);
    },
    async run() {
      const all = stops.reverse();
      stops = [];
      const errors: unknown[] = [];
      for (const stop of all) {
        try {
          await stop();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
