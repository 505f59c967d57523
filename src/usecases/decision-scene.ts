import { stillAway } from '../domain/delegation.ts';
import { schedule } from '../domain/effect.ts';
import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { byPerson, type Person, refOf } from '../domain/person.ts';
import type { Policy } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { type Away, absencesNow } from './absences.ts';
import { watchedBy } from './authority.ts';
import { type GroupBook, lookUpGroups, namedGroups, votersOf } from './electorate.ts';
import { identify } from './identify.ts';
import { policyOf } from './policy-of.ts';
import type { Ports, Reads, Tx } from './ports.ts';

export interface DecideInput {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly requestId: RequestId;
  /** The revision that was on the screen. */
  readonly revision: number;
}

export type DecideResult =
  | { readonly ok: true; readonly request: AccessRequest }
  | { readonly ok: false; readonly refusal: Refusal };

export type DecideNeeds = Pick<Ports, 'store' | 'directory' | 'policies' | 'ids'>;

export type Scene = {
  readonly ok: true;
  readonly decider: Person;
  readonly requester: Person | null;
  readonly request: AccessRequest;
  readonly policy: Policy;
  readonly groups: GroupBook;
  readonly away: Away;
};

/** Everything a decision needs from the network, looked up before the transaction begins. */
export async function setScene(
  ports: DecideNeeds,
  input: Omit<DecideInput, 'revision'>,
): Promise<Scene | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  const policy = await policyOf(ports, request);
  const [requester, delegations, groups] = await Promise.all([
    ports.directory.person(input.workspace, request.requester.slackUserId),
    absencesNow(ports, input.workspace),
    lookUpGroups(ports, input.workspace, policy, [
      ...namedGroups({ stages: request.stages, owners: request.role.owners }),
      ...policy.admins,
      ...policy.groups.keys(),
    ]),
  ]);
  return { ok: true, decider: who.person, requester, request, policy, groups, away: { delegations, policy } };
}

/** A decision that was tried without the right to it is part of the audit; being late or clicking twice is not. */
export async function refuseDecision(tx: Tx, request: AccessRequest, scene: Scene, no: Refusal): Promise<DecideResult> {
  const refusal = await sayWhy(tx, request, scene, no, tx.now);
  if (['not_an_approver', 'delegation_over', 'own_request', 'delegated_by_requester'].includes(refusal.code)) {
    // Whoever pressed it saw a card that let them: it may be older than the group. An audit channel tells of it in any case.
    const shown = request.status === 'pending' || request.role.auditChannel !== null;
    const effects = shown ? [schedule({ kind: 'render_card', requestId: request.id }, tx.now)] : [];
    await tx.save({
      effects,
      events: [
        {
          kind: 'decision.refused',
          data: { code: refusal.code },
          at: tx.now,
          actor: byPerson(scene.decider),
          requestId: request.id,
          grantId: null,
        },
      ],
    });
  }
  return refused(refusal);
}

/** The same refusal, or that they could have decided in somebody's place until that one's time away ended. */
export async function sayWhy(
  reads: Pick<Reads, 'delegations'>,
  request: AccessRequest,
  { decider, requester, groups, policy }: Scene,
  no: Refusal,
  now: Date,
): Promise<Refusal> {
  if (no.code !== 'not_an_approver' || no.unavailable !== null) return no;
  const over = (await reads.delegations()).filter(
    (each) => each.to?.slackUserId === decider.slackUserId && !stillAway(each, now),
  );
  const delegations = over.map((each) => ({ ...each, to: refOf(decider) }));
  const seats = votersOf(watchedBy(request, requester), groups, { delegations, policy });
  const seat = seats.map(({ voters }) => voters.get(decider.slackUserId)).find((each) => each !== undefined);
  const of = seat?.onBehalfOf[0];
  return of ? { code: 'delegation_over', of, from: no.from } : no;
}
