import { entitlementKeyOf, type GrantTarget, type ResolvedAccess } from '../domain/grant.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Policy } from '../domain/policy/types.ts';
import { systemId } from '../domain/system.ts';
import type { NewSystem } from './watch-ports.ts';

/** The system that a grant is on. It stays known when no role of the policy names it any more. */
export function systemOfGrant(workspaceId: WorkspaceId, target: GrantTarget, resolved: ResolvedAccess): NewSystem {
  return { ...system(workspaceId, target), entitlementKey: entitlementKeyOf(resolved) };
}

/** The systems of a policy, each once. */
export function systemsOfPolicy(workspaceId: WorkspaceId, policy: Policy): readonly NewSystem[] {
  const all = [...policy.roles.values()].map(({ connector, entitlement }) =>
    system(workspaceId, {
      connector: connector.name,
      connectorType: connector.type,
      connection: connector.connection,
      entitlement,
    }),
  );
  return [...new Map(all.map((each) => [each.id, each])).values()];
}

function system(
  workspaceId: WorkspaceId,
  of: Pick<GrantTarget, 'connector' | 'connectorType' | 'connection' | 'entitlement'>,
): NewSystem {
  return {
    workspaceId,
    id: systemId(of),
    connector: of.connector,
    connectorType: of.connectorType,
    connection: plain(of.connection),
    entitlement: plain(of.entitlement),
    entitlementKey: null,
  };
}

/** Connections and entitlements come out of YAML and zod, so that they are plain data already. */
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null)) as Json;
