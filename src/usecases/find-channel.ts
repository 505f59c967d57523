import type { Policy, Role } from '../domain/policy/types.ts';
import type { Ports } from './ports.ts';

/** Where the card of a role can be posted: its own channel, or where that cannot be reached the policy's default one. */
export async function findChannel(
  ports: Pick<Ports, 'messenger'>,
  policy: Policy,
  role: Role,
): Promise<{ readonly channel: string; readonly problem: string | null }> {
  const problem = await ports.messenger.unreachable(role.channel);
  const other = policy.defaults.channel;
  if (problem === null || other === null || other === role.channel) return { channel: role.channel, problem };
  const reached = (await ports.messenger.unreachable(other)) === null;
  return reached ? { channel: other, problem: null } : { channel: role.channel, problem };
}
