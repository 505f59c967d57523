import { type Effect, schedule } from '../domain/effect.ts';
import type { AccessRequest } from '../domain/request.ts';
import { postInFirst } from './first-channel.ts';
import { type CardPlace, type CardRef, done, type Performed, type Ports } from './ports.ts';

type Announcement = Extract<Effect, { kind: 'announce_channel' }>;

const keyOf = (channel: string): string => `channel/${channel}`;
const FAILS = 'fails';
const WORKS = 'works';

/**
 * Notes that a channel takes nothing of a request until somebody puts it right, or that it takes everything again (`problem` is null).
 * However many requests meet it, the security channel hears of it once.
 */
export async function noteChannel(
  ports: Pick<Ports, 'store'>,
  { workspaceId, role }: AccessRequest,
  place: CardPlace,
  problem: string | null,
): Promise<void> {
  const audit = place === 'audit';
  const channel = audit ? role.auditChannel : role.channel;
  if (channel === null) return;
  const posting = await ports.store.reads(workspaceId).posting(keyOf(channel));
  if ((posting?.shows === FAILS) === (problem !== null)) return;
  const effect: Announcement = {
    kind: 'announce_channel',
    workspaceId,
    channel,
    what: audit ? 'timelines' : 'cards',
    problem,
    otherwise: audit ? role.channel : role.auditChannel,
  };
  await ports.store.transaction(workspaceId, (tx) => tx.save({ effects: [schedule(effect, tx.now)] }));
}

/** Says so in the security channel, in one message, which becomes the news that it is over. */
export async function announceChannel(
  ports: Pick<Ports, 'store' | 'messenger' | 'policies'>,
  effect: Announcement,
): Promise<Performed> {
  const { workspaceId, channel, what, problem } = effect;
  const key = keyOf(channel);
  const posting = await ports.store.reads(workspaceId).posting(key);
  if ((posting?.shows === FAILS) === (problem !== null)) return done;
  const save = (ref: CardRef, shows: string) =>
    ports.store.transaction(workspaceId, (tx) =>
      tx.savePosting({ workspaceId, key, ref, shows, times: (posting?.times ?? 0) + 1, postedAt: tx.now }),
    );
  if (problem !== null) await save(await tell(ports, effect, problem), FAILS);
  else if (posting) {
    await ports.messenger.changeSecurity(posting.ref, { notice: 'channel_works', channel, what });
    await save(posting.ref, WORKS);
  }
  return done;
}

/** In the first other channel that takes it. */
function tell(
  ports: Pick<Ports, 'messenger' | 'policies'>,
  { channel, what, otherwise }: Announcement,
  problem: string,
): Promise<CardRef> {
  const { channels, defaults } = ports.policies.current();
  const others = [channels.security, otherwise, defaults.channel].filter((each) => each !== channel);
  const notice = { notice: 'channel_fails', channel, what, problem } as const;
  return postInFirst(others, (place) => ports.messenger.tellSecurity(place, notice));
}
