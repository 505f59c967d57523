import { RISKS } from './labels.ts';
import type { Policy, Role } from './types.ts';

/**
 * What an approver may give in place of a role: what the policy names for it, or else the roles of the same resource with a lower risk.
 */
export function narrowerRoles(policy: Policy, role: Role): readonly Role[] {
  if (role.narrower !== null) return role.narrower.flatMap((key) => policy.roles.get(key) ?? []);
  const risk = RISKS.indexOf(role.risk);
  return [...policy.roles.values()].filter(
    (each) => each.resource.name === role.resource.name && RISKS.indexOf(each.risk) < risk,
  );
}
