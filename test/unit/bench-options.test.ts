import { describe, expect, it } from '@jest/globals';
import type { Bench } from '../bench/bench.ts';
import { readOptions } from '../bench/options.ts';
import { median, quantile } from '../bench/stats.ts';
import { tableOf } from '../bench/table.ts';

const named = (name: string, goal?: number): Bench => ({
  name,
  unit: 'ms',
  ...(goal === undefined ? {} : { goal }),
  run: async () => ({ measured: 1, floor: 1 }),
});
const all = [named('ack', 1.5), named('ack_p99'), named('storm')];

describe('the options of the benchmarks', () => {
  it('take all of them, one, or several', () => {
    expect(readOptions([], all)).toEqual({ asked: all, named: false, json: false });
    expect(readOptions(['--json', '--only', 'storm'], all)).toEqual({ asked: [all[2]], named: true, json: true });
    expect(readOptions(['--only=storm, ack'], all)).toEqual({ asked: [all[0], all[2]], named: true, json: false });
  });

  it('say what there is when a name is unknown or missing', () => {
    expect(readOptions(['--only', 'stork'], all)).toBe(
      'There is no bench called stork. There are: ack, ack_p99, storm.',
    );
    expect(readOptions(['--only'], all)).toMatch(/^--only needs a name/);
    expect(readOptions(['--fast'], all)).toBe('Nothing is known about "--fast".');
  });
});

describe('the figures of the benchmarks', () => {
  it('are nearest ranks', () => {
    const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(median(samples)).toBe(100);
    expect(quantile(samples, 0.99)).toBe(198);
    expect(() => median([])).toThrow('Nothing was measured');
  });

  it('come as a table that names a missed goal', () => {
    const row = { unit: 'ms', measured: 3, floor: 1.5, ratio: 2 };
    const lines = tableOf(
      [
        { ...row, name: 'ack' },
        { ...row, name: 'storm' },
      ],
      all,
    ).split('\n');
    expect(lines[1]).toMatch(/^ack +3 ms +1\.5 ms +2× +≤ 1\.5× +missed$/);
    expect(lines[2]).toMatch(/^storm +3 ms +1\.5 ms +2×$/);
  });
});
