import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketsThatDiffer } from '../../src/domain/holder-digest.ts';
import { bucketOf, digestsOf } from '../support/holder-digest.ts';

const LEVELS = ['member', 'maintainer', { admin: true, set: false }];
const holders = fc.uniqueArray(fc.record({ subjectId: fc.string(), level: fc.constantFrom(...LEVELS) }), {
  selector: ({ subjectId }) => subjectId,
  maxLength: 40,
});
const name = (held: { subjectId: string; level: unknown }): string => JSON.stringify([held.subjectId, held.level]);

describe('the buckets of two tellings that differ', () => {
  it('are those of everybody who is in one and not in the other, or at another level, and no others', () => {
    fc.assert(
      fc.property(holders, holders, fc.boolean(), (one, some, mostly) => {
        const rest = one.slice(1);
        const added = some.slice(0, 1).filter(({ subjectId }) => rest.every((held) => held.subjectId !== subjectId));
        const other = mostly ? [...rest, ...added] : some;
        const [left, right] = [new Set(one.map(name)), new Set(other.map(name))];
        const odd = [...one.filter((held) => !right.has(name(held))), ...other.filter((held) => !left.has(name(held)))];
        const buckets = new Set(odd.map(({ subjectId }) => bucketOf(subjectId)));
        expect(bucketsThatDiffer(digestsOf(one), digestsOf(other))).toEqual(buckets);
      }),
    );
  });

  it('are also those in which something is not settled', () => {
    const [one, ...none] = digestsOf([{ subjectId: 'dana', level: 'member' }]);
    if (!one) throw new Error('Nobody');
    expect(none).toEqual([]);
    const open = { ...one, digest: null };
    expect(bucketsThatDiffer([one], [one])).toEqual(new Set());
    expect(bucketsThatDiffer([one], [open])).toEqual(new Set([bucketOf('dana')]));
    expect(bucketsThatDiffer([open], [open])).toEqual(new Set([bucketOf('dana')]));
  });
});
