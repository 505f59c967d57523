import { openConnectors } from '../../connectors/registry.ts';
import { at } from '../../domain/policy/check/at.ts';
import { type Finding, finding } from '../../domain/policy/finding.ts';
import type { Policy } from '../../domain/policy/types.ts';
import { checkTargets } from '../../usecases/check-targets.ts';
import { Outage } from '../../usecases/ports.ts';
import type { Leases } from '../../usecases/watch-ports.ts';
import type { Io } from '../io.ts';
import { openSlackDirectory } from './slack-directory.ts';

/** Whether what the policy names is there: Slack groups, people and channels, on-call schedules, and roles on the targets. */
export async function checkLive(policy: Policy, io: Io): Promise<Finding[]> {
  const { team, directory, channels } = await openSlackDirectory(policy, io);
  const whole = { path: at([...policy.roles.values()][0]?.location ?? null).path, line: 1, column: 1 };
  const groups = [...policy.groups.keys()].map(async (name): Promise<Finding[]> => {
    const found = await directory.group(team, policy, name);
    if ('unavailable' in found) {
      const message = `The group '${name}' cannot be looked up: ${found.unavailable}.`;
      return [finding('error', 'not_found_in_slack', whole, message, 'Create it there, or correct the policy.')];
    }
    if (found.members.size > 0 || policy.groups.get(name)?.kind === 'on_call') return [];
    const message = `The group '${name}' has no members who may use Elevate.`;
    return [finding('warning', 'empty_group', whole, message, 'Add somebody, or remove the group.')];
  });
  const named = channelsOf(policy).map(async ({ channel, place }): Promise<Finding[]> => {
    try {
      await channels.idOf(channel);
      return [];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return [
        finding('error', 'not_found_in_slack', place, `${message}.`, 'Create the channel, or correct the policy.'),
      ];
    }
  });
  return [...(await Promise.all([...groups, ...named])).flat(), ...(await targets(policy, whole))];
}

function channelsOf(policy: Policy): { channel: string; place: Finding | ReturnType<typeof at> }[] {
  const all = new Map<string, ReturnType<typeof at>>();
  const add = (channel: string | null, place: ReturnType<typeof at>): void => {
    if (channel !== null && channel !== '' && !all.has(channel)) all.set(channel, place);
  };
  for (const role of policy.roles.values()) {
    add(role.channel, at(role.location));
    add(role.auditChannel, at(role.location));
  }
  const whole = { ...at([...policy.roles.values()][0]?.location ?? null), line: 1, column: 1 };
  for (const channel of [policy.channels.security, policy.channels.audit, policy.defaults.channel]) add(channel, whole);
  return [...all].map(([channel, place]) => ({ channel, place }));
}

/** A check gives and takes nothing, so it holds nothing either. */
const noLease = async (): Promise<never> => {
  throw new Outage('permanent', 'A check takes no locks; this is a bug of the connector');
};
const NO_LEASES: Leases = { take: noLease, beginCall: noLease, settleCall: noLease, release: noLease };

async function targets(policy: Policy, whole: ReturnType<typeof at>): Promise<Finding[]> {
  const connectors = openConnectors({ leases: NO_LEASES });
  try {
    const found = await checkTargets({ connectors }, policy);
    return found.map(({ connector, severity, message, fix }) =>
      finding(severity, 'target_problem', whole, `Target ${connector}: ${message}`, fix),
    );
  } finally {
    await connectors.close();
  }
}
