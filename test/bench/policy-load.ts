import { performance } from 'node:perf_hooks';
import { parse } from 'yaml';
import { catalogue, interleaved, loadCatalogue } from './policy-catalogue.ts';

const timed = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

/** Loading and checking 1,000 roles with 10 rules each, against parsing the same YAML. */
export const bench = {
  name: 'load_vs_parse',
  unit: 'ms',
  goal: 5,
  run(): Promise<{ measured: number; floor: number }> {
    const text = catalogue(1_000);
    return interleaved(
      3,
      () => timed(() => loadCatalogue(text)),
      () => timed(() => parse(text)),
    );
  },
};
