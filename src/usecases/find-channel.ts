import type { Policy, Role } from '../domain/policy/types.ts';
import type { UnreachedChannel } from '../domain/request-state.ts';
import type { Ports } from './ports.ts';

type Needs = Pick<Ports, 'messenger'>;

/** Where a request of the role is shown, and what the policy names that could not be reached. */
export interface Places {
  /** For its card. */
  readonly channel: string;
  /** Why nothing can be posted there; null: it can. */
  readonly problem: string | null;
  /** For its timeline; null: the thread of its card. */
  readonly auditChannel: string | null;
  readonly unreached: readonly UnreachedChannel[];
}

/**
 * The channels of the role, or where one cannot be reached the policy's default one of the kind. A timeline without any stands under the
 * card; a card without any is for the caller to refuse.
 */
export async function findPlaces(ports: Needs, policy: Policy, role: Role): Promise<Places> {
  const [card, timeline] = await Promise.all([
    reach(ports, [role.channel, policy.defaults.channel]),
    reach(ports, [role.auditChannel, policy.channels.audit]),
  ]);
  const channel = card.channel ?? role.channel;
  const unreached: UnreachedChannel[] = [];
  if (card.channel !== null && card.problem !== null)
    unreached.push({ what: 'card', channel: role.channel, problem: card.problem, instead: card.channel });
  if (role.auditChannel !== null && timeline.problem !== null) {
    const { problem, channel: instead } = timeline;
    unreached.push({ what: 'timeline', channel: role.auditChannel, problem, instead });
  }
  return {
    channel,
    problem: card.channel === null ? card.problem : null,
    // The card's own thread is a timeline already.
    auditChannel: timeline.channel === channel ? null : timeline.channel,
    unreached,
  };
}

/** The first of them that can be reached, and what is wrong with the one before it. */
async function reach(
  { messenger }: Needs,
  [own, otherwise]: readonly [string | null, string | null],
): Promise<{ readonly channel: string | null; readonly problem: string | null }> {
  if (own === null) return { channel: null, problem: null };
  const problem = await messenger.unreachable(own);
  if (problem === null) return { channel: own, problem };
  const reached = otherwise !== null && otherwise !== own && (await messenger.unreachable(otherwise)) === null;
  return { channel: reached ? otherwise : null, problem };
}
