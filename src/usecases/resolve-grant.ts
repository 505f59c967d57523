import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { canonicalJson, type Json } from '../domain/json.ts';
import { type PersonRef, refOf } from '../domain/person.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { type EndResult, mayRevoke } from './end-grant.ts';
import { doubt, endingOf, finish, givenBy, lookAgain, NEVER_CALLED, NOTHING_DONE, standingOf } from './finish-grant.ts';
import { identify } from './identify.ts';
import { asOutage } from './outage.ts';
import { Outage, type Ports, type TargetSession } from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'connectors'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly grantId: GrantId;
}

/** Somebody in charge does not want to wait for the next try of a revocation that fails. */
export async function retryRevocation(ports: Needs, input: Asker): Promise<EndResult> {
  const may = await mayStepIn(ports, input);
  if (!may.ok) return may;
  const step = await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'retry_now', by: may.person }, now),
  );
  return step.ok ? { ok: true, grant: step.state } : step;
}

/** Whether somebody may step in where a revocation fails, for a form that asks more. */
export async function findFailing(ports: Needs, input: Asker): Promise<EndResult> {
  const may = await mayStepIn(ports, input);
  return may.ok ? { ok: true, grant: may.grant } : may;
}

/**
 * Somebody says that the access of a failing revocation is gone. The target is asked first: gone ends the grant with that proof, still
 * there is refused. Where it cannot be asked, the grant ends on the word of somebody other than the holder, who gives a reason,
 * and it goes on being watched. `unreachable`: the target was asked just now for another grant on it, and could not say; `onUnreachable`
 * hears when that is found here.
 */
export async function resolveGrant(
  ports: Needs,
  input: Asker & { readonly reason: string },
  unreachable: Outage | null = null,
  onUnreachable: (outage: Outage) => void = () => undefined,
): Promise<EndResult | { readonly ok: true; readonly grant: Grant; readonly lookAgainAt: Date }> {
  const may = await mayStepIn(ports, input);
  if (!may.ok) return may;
  if (unreachable) return resolveUnverified(ports, input, may, unreachable);
  const looked = await look(ports, input, may.grant, may.person).catch((error: unknown) => asOutage(error));
  if (!(looked instanceof Outage)) return looked;
  onUnreachable(looked);
  return resolveUnverified(ports, input, may, looked);
}

async function resolveUnverified(
  ports: Needs,
  input: Asker & { readonly reason: string },
  { grant, person }: { readonly grant: Grant; readonly person: PersonRef },
  outage: Outage,
): Promise<EndResult> {
  if (grant.holder.slackUserId === input.user) return refused({ code: 'holder_may_not_resolve' });
  const reason = input.reason.trim();
  if (reason === '') return refused({ code: 'resolve_reason_missing', detail: outage.message });
  const step = await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'resolve_unverified', by: person, reason, error: outage.message }, now),
  );
  return step.ok ? { ok: true, grant: step.state } : step;
}

/** Under the lock, as an ending looks. Throws where the target cannot say. */
async function look(ports: Needs, input: Asker, grant: Grant, person: PersonRef) {
  const { connector: name, connectorType, connection, entitlement, subject, resolved } = grant.target;
  const reads = ports.store.reads(input.workspace);
  const afterwards = async () => ({ ok: true as const, grant: (await reads.grant(grant.id)) ?? grant });
  if (resolved === null) {
    await finish(ports, input, { ...NEVER_CALLED, confirmedFor: person });
    return afterwards();
  }
  const connector = ports.connectors.get(name, connectorType, connection);
  return connector.exclusively({ entitlement, subject, resolved }, async (session) => {
    const standing = await standingOf(ports, input, resolved.key);
    if (standing === null) return afterwards();
    if (standing.is !== 'ours') {
      await finish(ports, input, { ...endingOf(standing), confirmedFor: person });
      return afterwards();
    }
    const { before } = standing;
    const lookedAt = await ports.store.now();
    const held = await session.observe();
    const { ours } = held;
    if (!isGone(ours, before)) return stillThere(canonicalJson(ours));
    const endsSessions = grant.target.endSessions && connector.capabilities.endsSessions;
    const sessions = endsSessions ? await session.endSessions() : null;
    if (sessions && sessions.left > 0) return stillThere(sessions.left);
    return conclude(ports, input, session, lookedAt, {
      answer: 'Read back as gone when somebody asked to look',
      leftBehind: ours,
      stillGivenBy: givenBy(held),
      sessionsEnded: sessions?.ended ?? null,
      confirmedFor: person,
    }).then(async (lookAgainAt) => ({ ...(await afterwards()), ...(lookAgainAt ? { lookAgainAt } : {}) }));
  });
}

async function conclude(
  ports: Needs,
  input: Asker,
  session: TargetSession,
  lookedAt: Date,
  ending: Omit<Parameters<typeof finish>[2], 'keptFor' | 'called'>,
): Promise<Date | null> {
  const lookAgainAt = lookAgain(session, lookedAt);
  if (lookAgainAt) await doubt(ports, input, ending.answer, lookAgainAt);
  else await finish(ports, input, { ...NOTHING_DONE, ...ending });
  return lookAgainAt;
}

/**
 * Nothing of ours, or exactly what was there before. Nothing at all counts too where something was noted: a subject that was dropped
 * on its target can get nothing back, and whoever presses the button knows.
 */
export const isGone = (ours: Json, before: Json): boolean =>
  ours === null || canonicalJson(ours) === canonicalJson(before);

const stillThere = (found: string | number): { ok: false; refusal: Refusal } => refused({ code: 'still_there', found });

async function mayStepIn(
  ports: Needs,
  input: Asker,
): Promise<{ ok: true; grant: Grant; person: PersonRef } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  if (grant.status !== 'revoking') return refused({ code: 'nothing_failing' });
  const right = await mayRevoke(ports, input, grant);
  return right.ok ? { ok: true, grant, person: refOf(who.person) } : right;
}
