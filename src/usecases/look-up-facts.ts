import type { Person } from '../domain/person.ts';
import type { Facts } from '../domain/policy/facts.ts';
import { neededProviders } from '../domain/policy/needed-facts.ts';
import { dependsOnRequest } from '../domain/policy/provider-url.ts';
import type { Policy, Role } from '../domain/policy/types.ts';
import type { Ports } from './ports.ts';

/** The facts that the policy's providers say about one ask, gathered before the transaction that decides. Never throws. */
export function lookUpFacts(
  ports: Pick<Ports, 'directory'>,
  policy: Policy,
  role: Role,
  requester: Person,
  ticket: string | null,
): Promise<Facts['provided']> {
  return ports.directory.facts(neededProviders(policy, [role]), { requester, role, ticket: ticket?.trim() || null });
}

/** Before anything was asked for: what the providers say about the person alone. `offered` knows that the others are open. */
export function lookUpPersonalFacts(
  ports: Pick<Ports, 'directory'>,
  policy: Policy,
  requester: Person,
): Promise<Facts['provided']> {
  const providers = neededProviders(policy, policy.roles.values()).filter((provider) => !dependsOnRequest(provider));
  return ports.directory.facts(providers, { requester, role: null, ticket: null });
}
