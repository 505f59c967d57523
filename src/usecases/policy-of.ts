import { policyVersion } from '../domain/ids.ts';
import type { Policy } from '../domain/policy/types.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { Ports } from './ports.ts';

/** The policy that a request was submitted under. Every version ever used is kept, so a missing one is a broken database. */
export async function policyOf(ports: Pick<Ports, 'policies'>, request: AccessRequest): Promise<Policy> {
  const policy = await ports.policies.version(policyVersion(request.policyVersion));
  if (!policy) throw new Error(`Policy version ${request.policyVersion} of ${request.id} is not in the database`);
  return policy;
}
