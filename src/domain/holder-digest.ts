import { canonicalJson, type Json } from './json.ts';

/**
 * Who holds something at one level, without a name: a target and our own database tell it of themselves, and where both say the same,
 * nobody has to be read. Holders are told in 256 buckets, so that one of them who comes or goes only costs those of their bucket.
 */
export interface HolderDigest {
  /** 0 to 255: the first byte of SHA-256 of the subject's id in UTF-8. */
  readonly bucket: number;
  readonly level: Json;
  readonly count: number;
  /** SHA-256 in hexadecimal of the ids in UTF-8, in the order of their bytes, a line feed between two. null: not all of them are settled. */
  readonly digest: string | null;
}

/** The buckets in which two tellings are not the same. */
export function bucketsThatDiffer(one: readonly HolderDigest[], other: readonly HolderDigest[]): ReadonlySet<number> {
  const differ = new Set<number>();
  const left = new Map(other.map((each) => [nameOf(each), each]));
  for (const each of one) {
    const same = left.get(nameOf(each));
    left.delete(nameOf(each));
    if (each.digest === null || each.digest !== same?.digest || each.count !== same.count) differ.add(each.bucket);
  }
  for (const { bucket } of left.values()) differ.add(bucket);
  return differ;
}

const nameOf = ({ bucket, level }: HolderDigest): string => `${bucket} ${canonicalJson(level)}`;
