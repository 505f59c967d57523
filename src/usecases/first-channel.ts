import { asOutage } from './outage.ts';
import type { Ports, ReplacedChannel } from './ports.ts';

/**
 * Posts in the first of these channels that takes it; `instead` tells `post` which one was to have it, and why it has not. What passes by
 * itself is thrown at once, to be tried again where it belongs; so is the last error when none takes it.
 */
export async function postInFirst<T>(
  channels: readonly (string | null)[],
  post: (channel: string, instead: ReplacedChannel | null) => Promise<T>,
): Promise<T> {
  let instead: ReplacedChannel | null = null;
  let last: unknown = new Error('There is no channel to post in');
  for (const channel of new Set(channels)) {
    if (channel === null) continue;
    try {
      return await post(channel, instead);
    } catch (error) {
      const { ofChannel, message } = asOutage(error);
      if (!ofChannel) throw error;
      instead ??= { channel, problem: message };
      last = error;
    }
  }
  throw last;
}

/** A message in a channel that takes nothing any more is as good as deleted: only another one can tell. */
export async function orGone<T>(work: () => Promise<T>): Promise<T | 'gone'> {
  try {
    return await work();
  } catch (error) {
    if (asOutage(error).ofChannel) return 'gone';
    throw error;
  }
}

/** Where the watch speaks: the first that takes it. Empty: the policy names no channel at all. */
export function watchPlaces(ports: Pick<Ports, 'policies'>): readonly string[] {
  const { channels, roles, defaults } = ports.policies.current();
  const places = [channels.security, [...roles.values()][0]?.channel ?? null, defaults.channel];
  return places.filter((each) => each !== null);
}
