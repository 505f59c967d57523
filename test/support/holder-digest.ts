import { createHash } from 'node:crypto';
import { groupBy } from '../../src/domain/group-by.ts';
import type { HolderDigest } from '../../src/domain/holder-digest.ts';
import { canonicalJson, type Json } from '../../src/domain/json.ts';

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
export const bucketOf = (subjectId: string): number => sha256(subjectId).readUInt8(0);

/** What a telling of these holders has to be, by its definition. */
export function digestsOf(held: readonly { readonly subjectId: string; readonly level: Json }[]): HolderDigest[] {
  const groups = groupBy(held, ({ subjectId, level }) => `${bucketOf(subjectId)} ${canonicalJson(level)}`);
  return inOrder(
    [...groups.values()].map((all) => {
      const ids = all.map(({ subjectId }) => subjectId).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const { subjectId, level } = all[0] ?? { subjectId: '', level: null };
      return { bucket: bucketOf(subjectId), level, count: ids.length, digest: sha256(ids.join('\n')).toString('hex') };
    }),
  );
}

export const inOrder = (digests: readonly HolderDigest[]): HolderDigest[] =>
  digests.toSorted((a, b) => a.bucket - b.bucket || (canonicalJson(a.level) < canonicalJson(b.level) ? -1 : 1));
