import { type Drift, type DriftSighting, driftId, isRipe, sight } from '../domain/drift.ts';
import type { Grant } from '../domain/grant.ts';
import type { GrantId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { DriftKind } from '../domain/status.ts';
import type { Connector, Ports } from './ports.ts';
import { keep } from './take-away-drift.ts';
import type { KnownSystem } from './watch-ports.ts';

export type Needs = Pick<Ports, 'store' | 'connectors' | 'policies'>;

export interface Finding {
  readonly kind: DriftKind | 'reappeared';
  readonly subject: string;
  readonly grantor: string;
  readonly level: Json;
  readonly grantId: GrantId | null;
  /** shown: somebody has to decide · taken_away: it is, or it is being · next_run: it will be unless somebody accepts it. */
  readonly does: 'shown' | 'taken_away' | 'next_run';
}

interface OursOnTarget {
  readonly level: Json;
  /** The live grant whose access has another level than that; null: none. */
  readonly changed: GrantId | null;
}

/** What one run carries through a system. */
export interface Run {
  readonly ports: Needs;
  readonly system: KnownSystem;
  readonly connector: Connector;
  /** Nothing is taken away. */
  readonly dry: boolean;
  /** Nothing is written either. */
  readonly silent: boolean;
  readonly listedAt: Date;
  /** Whose holders are looked at one by one (see `HolderDigest`): in the others, all of ours is as granted. null: all of them. */
  readonly buckets: readonly number[] | null;
  /** What stood before this run, by id; what is left over at its end is no longer there. */
  readonly standing: Map<string, Drift>;
  /** Whose access is just as granted, by the target's own ids. There may be very many of them, so no more is kept of each. */
  readonly asGranted: Set<string>;
  /** What else our grantor gave, by access. */
  readonly ours: Map<string, OursOnTarget>;
  readonly findings: Finding[];
}

/** Writes what is new of a page's drift in one transaction. What somebody answered since the run began stands. */
export async function note(run: Run, sightings: readonly DriftSighting[]): Promise<void> {
  if (run.silent) return;
  const fresh = sightings.filter((seen) => sight(run.standing.get(driftId(seen)) ?? null, seen, run.listedAt) !== null);
  if (fresh.length === 0) return;
  await run.ports.store.transaction(run.system.workspaceId, async (tx) => {
    for (const seen of fresh) {
      const found = await tx.driftForUpdate(driftId(seen));
      const known = found?.status === 'closed' ? null : found;
      if (known) run.standing.set(known.id, known);
      const made = sight(known, seen, tx.now);
      if (made) await keep(tx, made);
    }
  });
}

/** What somebody wants gone goes also where the reconciler takes nothing away by itself. */
export const goesNow = (run: Run, known: Drift): boolean =>
  !run.silent &&
  known.system === run.system.id &&
  isRipe(known) &&
  (!run.dry || (known.status === 'revoking' && known.decidedBy !== null));

export const keyOf = (grant: Grant): string => grant.target.resolved?.key ?? '';
export const add = (run: Run, { kind, subject, grantor, level, grantId, does }: Finding): void => {
  run.findings.push({ kind, subject, grantor, level, grantId, does });
};
