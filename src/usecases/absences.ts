import { type Delegation, stillAway } from '../domain/delegation.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import type { Policy } from '../domain/policy/types.ts';
import { Outage, type Ports } from './ports.ts';

/** Who is away now, and by which policy they may have handed over. */
export interface Away {
  readonly delegations: readonly Delegation[];
  readonly policy: Policy;
}

/** Everybody who is away now. A delegate who may not use Elevate, or whom nobody can look up, decides for nobody. */
export async function absencesNow(
  ports: Pick<Ports, 'store' | 'directory'>,
  workspace: WorkspaceId,
): Promise<readonly Delegation[]> {
  const all = await ports.store.reads(workspace).delegations();
  if (all.length === 0) return [];
  const now = await ports.store.now();
  return Promise.all(all.filter((each) => stillAway(each, now)).map((each) => whileMember(ports, each)));
}

async function whileMember(ports: Pick<Ports, 'directory'>, delegation: Delegation): Promise<Delegation> {
  if (delegation.to === null) return delegation;
  try {
    const delegate = await ports.directory.person(delegation.workspaceId, delegation.to.slackUserId);
    return delegate?.standing === 'member' ? delegation : { ...delegation, to: null };
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    return { ...delegation, to: null };
  }
}
