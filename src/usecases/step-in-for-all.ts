import { transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { refOf } from '../domain/person.ts';
import type { Refusal } from '../domain/refusal.ts';
import { refused } from '../domain/refusal.ts';
import { mayRevoke } from './end-grant.ts';
import { identify } from './identify.ts';
import { lookingUpOnce } from './looking-up-once.ts';
import type { Outage, Ports } from './ports.ts';
import { resolveGrant } from './resolve-grant.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'connectors'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  /** As `targetKeyOf` has it. */
  readonly target: string;
}

/** Grants of one transaction. */
const RETRIED_AT_ONCE = 250;
/** So many are looked at on the target for one click; who has more presses again. */
export const RESOLVED_AT_ONCE = 100;

/** Somebody in charge does not want to wait for the next try of all revocations that fail on a target: of those they may step in for. */
export async function retryTarget(
  ports: Needs,
  input: Asker,
): Promise<{ readonly ok: true; readonly retried: number } | { readonly ok: false; readonly refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const reads = ports.store.reads(input.workspace);
  const once = lookingUpOnce(ports);
  let [after, retried, denied]: [GrantId | null, number, Refusal | null] = [null, 0, null];
  for (;;) {
    const ids: readonly GrantId[] = await reads.failingIdsOn(input.target, after, RETRIED_AT_ONCE);
    const mine: GrantId[] = [];
    for (const id of ids) {
      const grant = await reads.grant(id);
      // Each by its own request: another one for the same role may have asked other people.
      const right = grant ? await mayRevoke(once, input, grant) : refused({ code: 'grant_not_found' });
      if (right.ok) mine.push(id);
      else denied ??= right.refusal;
    }
    retried += await retryAll(ports, input.workspace, mine, refOf(who.person));
    after = ids.at(-1) ?? null;
    if (ids.length < RETRIED_AT_ONCE) break;
  }
  if (retried > 0) return { ok: true, retried };
  return refused(denied ?? { code: 'nothing_failing' });
}

function retryAll(
  ports: Needs,
  workspace: WorkspaceId,
  ids: readonly GrantId[],
  by: ReturnType<typeof refOf>,
): Promise<number> {
  if (ids.length === 0) return Promise.resolve(0);
  return ports.store.transaction(workspace, async (tx) => {
    const steps = (await tx.grantsForUpdate(ids)).flatMap((grant) => {
      const step = transitionGrant(grant, { type: 'retry_now', by }, tx.now);
      return step.ok ? [step] : [];
    });
    await tx.save({
      events: steps.flatMap(({ events }) => events),
      // Their cards say the same as before, and the alarm that tells of all of them looks by itself.
      effects: steps.flatMap(({ effects }) => effects.filter(({ effect }) => effect.kind === 'revoke_grant')),
    });
    return steps.length;
  });
}

const MEANWHILE_OVER: readonly Refusal['code'][] = ['grant_not_live', 'nothing_failing'];

export interface ResolvedTarget {
  readonly ok: true;
  /** Closed: read back as gone, on somebody's word, or looked at again since an older call may still land. */
  readonly closed: number;
  /** Of those, on somebody's word. */
  readonly onWord: number;
  readonly stillThere: number;
  /** Somebody else must answer for these. */
  readonly notTheirs: number;
  /** Not looked at yet. */
  readonly left: number;
}

/**
 * Mark resolved for all that fail on a target, each as `resolveGrant` does it: the target is asked first. Once it could not be asked it
 * is not asked again for the others of the same click.
 */
export async function resolveTarget(
  ports: Needs,
  input: Asker & { readonly reason: string },
): Promise<ResolvedTarget | { readonly ok: false; readonly refusal: Refusal }> {
  const { workspace, user, target, reason } = input;
  const reads = ports.store.reads(workspace);
  const ids = await reads.failingIdsOn(target, null, RESOLVED_AT_ONCE);
  const came = { closed: 0, onWord: 0, stillThere: 0, notTheirs: 0 };
  let unreachable: Outage | null = null;
  let first: Refusal | null = null;
  for (const grantId of ids) {
    const resolved = await resolveGrant(ports, { workspace, user, grantId, reason }, unreachable, (outage) => {
      unreachable = outage;
    });
    if (resolved.ok) {
      came.closed += 1;
      if (resolved.grant.endedBecause === 'resolved_unverified') came.onWord += 1;
      continue;
    }
    first ??= resolved.refusal;
    if (resolved.refusal.code === 'resolve_reason_missing') return resolved;
    if (resolved.refusal.code === 'still_there') came.stillThere += 1;
    else if (!MEANWHILE_OVER.includes(resolved.refusal.code)) came.notTheirs += 1;
  }
  if (came.closed + came.stillThere === 0) return refused(first ?? { code: 'nothing_failing' });
  const { total } = await reads.failingOn(target, 0);
  return { ok: true, ...came, left: Math.max(0, total - came.stillThere - came.notTheirs) };
}
