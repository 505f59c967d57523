import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MUTATIONS } from '../faults/mutations.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** `npm run test:mutations` breaks each safeguard and sees that it is found. Here: that what it breaks is still there. */
describe('the mutations of safeguards', () => {
  it('are at least twelve, each by a name of its own', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(12);
  });

  it.each(MUTATIONS)('still find what they break: $name', ({ file, search, replace }) => {
    expect(replace).not.toBe(search);
    expect(textOf(`src/${file}`).split(search)).toHaveLength(2);
  });

  it.each(MUTATIONS)('still have their test: $name', ({ killer }) => {
    if (!('test' in killer)) return;
    const named = new RegExp(killer.named ?? '');
    // The shared suites keep the names of their tests in a file beside the test.
    const shared = ['test/contract/connector-contract.ts', 'test/contract/queue-contract.ts'];
    const suites = [killer.test, ...shared].map(textOf);
    expect(suites.some((text) => named.test(text))).toBe(true);
  });
});
