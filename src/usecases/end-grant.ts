import { type Grant, isLive, transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { refOf } from '../domain/person.ts';
import { type LookupFailure, worthTelling } from '../domain/policy/lookup.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { mayStop, watchedBy } from './authority.ts';
import { lookUpGroups, namedGroups } from './electorate.ts';
import { identify } from './identify.ts';
import { policyOf } from './policy-of.ts';
import type { Ports } from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

export type EndResult =
  | { readonly ok: true; readonly grant: Grant }
  | { readonly ok: false; readonly refusal: Refusal };

/** The holder is done: the access ends at once. */
export async function returnGrant(ports: Needs, input: Asker & { readonly grantId: GrantId }): Promise<EndResult> {
  // Giving access back is never refused for who somebody has become; only for whose it is.
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  if (grant.holder.slackUserId !== input.user) return refused({ code: 'not_the_requester' });
  const step = await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'end', because: 'returned', by: state.holder, reason: null }, now),
  );
  return step.ok ? { ok: true, grant: step.state } : step;
}

/** The live grants of somebody that this person may revoke. */
export async function findRevocable(
  ports: Needs,
  input: Asker & { readonly holder: SlackUserId; readonly role: string | null },
): Promise<
  /** `unsure`: why somebody's right to some of the others could not be looked up; null: they have none to those. */
  { ok: true; grants: readonly Grant[]; unsure: LookupFailure | null } | { ok: false; refusal: Refusal }
> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const open = await ports.store.reads(input.workspace).openGrantsOf(input.holder);
  const meant = open.filter((grant) => isLive(grant) && (input.role === null || grant.roleKey === input.role));
  if (meant.length === 0) return refused({ code: 'nothing_to_revoke' });
  const rights = await Promise.all(meant.map((grant) => mayRevoke(ports, input, grant)));
  const grants = meant.filter((_, index) => rights[index]?.ok);
  const refusals = rights.flatMap((right) => (right.ok ? [] : [right.refusal]));
  const [first] = refusals;
  if (grants.length === 0 && first) return refused(first);
  const unsure = worthTelling(
    refusals.flatMap((no) => (no.code === 'may_not_revoke' && no.unavailable ? [no.unavailable] : [])),
  );
  return { ok: true, grants, unsure };
}

export async function revokeGrants(
  ports: Needs,
  input: Asker & { readonly grantIds: readonly GrantId[]; readonly reason: string },
): Promise<{ ok: true; revoked: readonly Grant[]; refusals: readonly Refusal[] } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const revoked: Grant[] = [];
  const refusals: Refusal[] = [];
  for (const grantId of input.grantIds) {
    const grant = await ports.store.reads(input.workspace).grant(grantId);
    const right = grant ? await mayRevoke(ports, input, grant) : refused({ code: 'grant_not_found' });
    if (!right.ok) {
      refusals.push(right.refusal);
      continue;
    }
    const step = await stepGrant(ports, { workspace: input.workspace, grantId }, (state, now) =>
      transitionGrant(
        state,
        { type: 'end', because: 'revoked', by: refOf(who.person), reason: input.reason.trim() || null },
        now,
      ),
    );
    if (step.ok) revoked.push(step.state);
    else refusals.push(step.refusal);
  }
  return { ok: true, revoked, refusals };
}

/** POLICY.md 12, afterwards; and everybody may give back what is their own. */
export async function mayRevoke(
  ports: Needs,
  asker: Asker,
  grant: Grant,
): Promise<{ ok: true } | { ok: false; refusal: Refusal }> {
  if (grant.holder.slackUserId === asker.user) return { ok: true };
  const request = await ports.store.reads(asker.workspace).request(grant.requestId);
  if (!request) return refused({ code: 'grant_not_found' });
  // Who administers is a question to the policy in force; who could decide, to the one it was asked under.
  const [asked, current] = [await policyOf(ports, request), ports.policies.current()];
  const holder = await ports.directory.person(asker.workspace, grant.holder.slackUserId);
  const groups = await lookUpGroups(
    ports,
    asker.workspace,
    asked,
    namedGroups({ stages: request.stages, owners: request.role.owners }),
  );
  const admins = await lookUpGroups(ports, asker.workspace, current, current.admins);
  const all = new Map([...groups, ...admins]);
  const right = mayStop(asker.user, watchedBy(request, holder), current, all);
  return right.seat === null
    ? refused({
        code: 'may_not_revoke',
        owners: [...request.role.owners, ...current.admins],
        unavailable: worthTelling(right.unavailable),
      })
    : { ok: true };
}
