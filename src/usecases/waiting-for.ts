import type { Delegation } from '../domain/delegation.ts';
import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Policy, StageRule } from '../domain/policy/types.ts';
import type { AccessRequest } from '../domain/request.ts';
import { electorateOf } from './approvers-of.ts';
import { lookUpGroups } from './electorate.ts';
import { WAITING_CHUNK, WAITING_LIMIT } from './limits.ts';
import type { Ports } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

/**
 * The first `limit` requests that this person may decide now, oldest first, and whether there may be more. The database leaves out those
 * whose stages name no group of theirs, so that thousands that wait for others cost no more than a few.
 */
export async function waitingFor(
  ports: Needs,
  { workspace, user }: Asker,
  delegations: readonly Delegation[],
  limit: number,
): Promise<{ readonly requests: readonly AccessRequest[]; readonly more: boolean }> {
  const policy = ports.policies.current();
  const absent = delegations.flatMap(({ person, to }) => (to?.slackUserId === user ? [person.slackUserId] : []));
  const groups = await groupsOf(ports, workspace, policy, new Set([user, ...absent]));
  const reads = ports.store.reads(workspace);
  const mine: AccessRequest[] = [];
  let [after, looked, chunk]: [AccessRequest | null, number, number] = [null, 0, Math.min(limit + 1, WAITING_CHUNK)];
  for (;;) {
    const asked = await reads.pendingFor({ groups, version: policy.version }, after, chunk);
    const may = await Promise.all(
      asked.rows.map(async (request) =>
        (await electorateOf(ports, request, delegations)).deciders.some((each) => each.user === user),
      ),
    );
    mine.push(...asked.rows.filter((_, index) => may[index]));
    looked += chunk;
    if (mine.length > limit) return { requests: mine.slice(0, limit), more: true };
    after = asked.last;
    if (after === null) return { requests: mine, more: false };
    if (looked >= WAITING_LIMIT) return { requests: mine, more: true };
    chunk = WAITING_CHUNK;
  }
}

/** The groups that a stage may name and that one of these people is in, or may be in: what cannot be looked up is not left out. */
async function groupsOf(
  ports: Needs,
  workspace: WorkspaceId,
  policy: Policy,
  people: ReadonlySet<SlackUserId>,
): Promise<readonly string[]> {
  const looked = await lookUpGroups(ports, workspace, policy, stageGroups(policy));
  const theirs = [...looked].filter(
    ([, found]) => !('members' in found) || [...people].some((person) => found.members.has(person)),
  );
  // Whose manager, and whose owners: only the request says.
  return [...theirs.map(([name]) => name), 'manager', 'owners'];
}

/** Every group that a stage of this policy can ask. */
function stageGroups({ roles, guardrails }: Policy): ReadonlySet<string> {
  const stages: StageRule[] = [...roles.values()].flatMap(({ rules }) =>
    rules.flatMap(({ then }) => (then.kind === 'require' ? then.stages : [])),
  );
  for (const { then } of guardrails) if (then.kind === 'limit') stages.push(...then.stages);
  return new Set(stages.flatMap(({ from, fallback, wait }) => [...from, ...fallback, ...(wait?.escalateTo ?? [])]));
}
