import type { ConnectorConfig, Policy } from '../domain/policy/types.ts';
import { asOutage } from './outage.ts';
import type { ConnectorFinding, Ports } from './ports.ts';

export interface TargetFinding extends ConnectorFinding {
  readonly connector: string;
}

/**
 * Asks every target that the policy names whether Elevate may do there what the policy asks, and not more. A target that does not
 * answer is a finding like any other: its grants fail until it does.
 */
export async function checkTargets(
  ports: Pick<Ports, 'connectors'>,
  policy: Policy,
): Promise<readonly TargetFinding[]> {
  const all = await Promise.all([...policy.connectors.values()].map((config) => checkOne(ports, policy, config)));
  return all.flat();
}

async function checkOne(
  ports: Pick<Ports, 'connectors'>,
  policy: Policy,
  config: ConnectorConfig,
): Promise<readonly TargetFinding[]> {
  const uses = [...policy.roles.values()]
    .filter((role) => role.connector.name === config.name)
    .map(({ entitlement, endSessions, unusedAfterSeconds }) => ({
      entitlement,
      endSessions,
      observeUse: unusedAfterSeconds !== null,
    }));
  try {
    const findings = await ports.connectors.get(config.name, config.type, config.connection).check(uses);
    return findings.map((each) => ({ ...each, connector: config.name }));
  } catch (error) {
    const fix = 'Until it can be reached, access there can neither be given nor taken away.';
    return [{ connector: config.name, severity: 'error', message: asOutage(error).message, fix }];
  }
}
