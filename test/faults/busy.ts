import { availableParallelism, loadavg } from 'node:os';

/** How many times as long everything takes: three times as much to do as there are processors takes three times as long. */
export const busy = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
