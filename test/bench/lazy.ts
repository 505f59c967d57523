export interface Lazy<T> {
  /** The first call makes it; every other one gets the same. */
  get(): Promise<T>;
  /** What was made; undefined when nobody asked, or when it failed. */
  started(): Promise<T | undefined>;
}

export function createLazy<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  return {
    get: () => {
      made ??= make();
      return made;
    },
    started: async () => made?.catch(() => undefined),
  };
}
