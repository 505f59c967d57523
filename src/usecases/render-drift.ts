import { createHash } from 'node:crypto';
import type { Drift } from '../domain/drift.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { orGone, postInFirst, watchPlaces } from './first-channel.ts';
import { done, type Performed, type Ports } from './ports.ts';
import type { DriftView } from './watch-ports.ts';

type Needs = Pick<Ports, 'store' | 'policies' | 'messenger'>;

/**
 * Brings the drift card of one entitlement up to the present state. What is new gets a card of its own, since editing an old one tells
 * nobody; what is shown is noted on the drift, and only what was shown may be taken away.
 */
export async function renderDrift(
  ports: Needs,
  { workspace, system: id }: { readonly workspace: WorkspaceId; readonly system: string },
): Promise<Performed> {
  const reads = ports.store.reads(workspace);
  const system = await reads.knownSystem(id);
  if (!system) return done;
  const [all, pause, now] = await Promise.all([reads.standingDrift(id), reads.pause(), ports.store.now()]);
  const drifts = [...all.filter(waits), ...all.filter((drift) => !waits(drift))];
  const view: DriftView = { system, drifts, paused: pause !== null, now };
  const key = `drift/${id}`;
  const posting = await reads.posting(key);
  const shows = hashOf(drifts);
  const unseen = drifts.filter((drift) => waits(drift) && drift.shownAt === null);
  if (unseen.length === 0 && (!posting || posting.shows === shows)) return done;
  const places = watchPlaces(ports);
  if (places.length === 0) return done;
  const post = () => postInFirst(places, (channel) => ports.messenger.postDrift(channel, view));
  const anew = !posting || unseen.length > 0;
  let ref = anew ? await post() : posting.ref;
  const before = anew ? { ...view, drifts: [] } : view;
  const updated = posting && (await orGone(() => ports.messenger.updateDrift(posting.ref, before)));
  if (!anew && updated === 'gone') ref = await post();
  await ports.store.transaction(workspace, async (tx) => {
    const times = (posting?.times ?? 0) + 1;
    await tx.savePosting({
      workspaceId: workspace,
      key,
      ref,
      shows,
      times,
      postedAt: anew ? now : (posting?.postedAt ?? now),
    });
    for (const { id: driftId } of unseen) {
      const drift = await tx.driftForUpdate(driftId);
      if (drift && drift.shownAt === null) await tx.saveDrift({ ...drift, shownAt: tx.now });
    }
  });
  return done;
}

const waits = (drift: Drift): boolean => drift.status === 'open' || drift.status === 'revoking';
const hashOf = (drifts: readonly Drift[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        drifts.map(({ id, kind, status, level, untilAt, lastError }) => [id, kind, status, level, untilAt, lastError]),
      ),
    )
    .digest('hex')
    .slice(0, 16);
