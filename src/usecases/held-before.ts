import { isSettled } from '../domain/drift.ts';
import type { Grant, ResolvedAccess } from '../domain/grant.ts';
import { judgeHolder } from '../domain/judge-holder.ts';
import { systemOfGrant } from './known-systems.ts';
import type { Connector, Holding, Tx } from './ports.ts';

/**
 * What was found on an access, as it is noted before the first call to it. What a grant of ours had ended on and is there again, since the
 * target was restored from a backup or an old call landed late, is ours, just as the reconciler would judge it: noted as held before us, it
 * would be put back for ever. What somebody accepted since then is theirs.
 */
export async function asHeldBefore(
  tx: Pick<Tx, 'now' | 'grantsOn' | 'standingDrift'>,
  { capabilities }: Pick<Connector, 'capabilities'>,
  { workspaceId, target }: Grant,
  resolved: ResolvedAccess,
  found: Holding,
): Promise<Holding> {
  if (found.ours === null) return found;
  const ended = (await tx.grantsOn([resolved.key])).filter(({ status }) => status === 'ended');
  const holder = { ours: true, level: found.ours };
  const { distinguishesGrantors } = capabilities;
  const verdict = judgeHolder(holder, ended, { distinguishesGrantors, listedAt: tx.now });
  if (verdict.is !== 'reappeared') return found;
  const shown = await tx.standingDrift(systemOfGrant(workspaceId, target, resolved).id);
  const accepted = shown.some((drift) => drift.ours && drift.accessKey === resolved.key && isSettled(drift));
  return accepted ? found : { ...found, ours: null };
}
