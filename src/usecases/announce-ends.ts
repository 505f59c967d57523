import type { WorkspaceId } from '../domain/ids.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { endsIn } from './waves.ts';

/** One message for a wave of ends, brought up to date for as long as the wave goes on. Level-triggered, one message per wave. */
export async function announceEnds(
  ports: Pick<Ports, 'store' | 'messenger'>,
  { workspace, channel }: { readonly workspace: WorkspaceId; readonly channel: string },
): Promise<Performed> {
  const reads = ports.store.reads(workspace);
  const wave = await reads.wave(endsIn(channel));
  if (!wave) return done;
  const key = `ends/${channel}/${wave.number}`;
  const shows = String(wave.grants);
  const posting = await reads.posting(key);
  if (posting?.shows === shows) return done;
  const updated = posting && (await ports.messenger.updateEnds(posting.ref, wave));
  const ref = posting && updated === 'updated' ? posting.ref : await ports.messenger.postEnds(channel, wave);
  const [times, postedAt] = [(posting?.times ?? 0) + 1, posting?.postedAt ?? wave.latestAt];
  await ports.store.transaction(workspace, (tx) =>
    tx.savePosting({ workspaceId: workspace, key, ref, shows, times, postedAt }),
  );
  return done;
}
