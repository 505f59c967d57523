import type { EffectChange } from '../domain/effect.ts';
import { type Grant, type GrantCommand, transitionGrant } from '../domain/grant.ts';
import { targetKeyOf } from '../domain/grant-state.ts';
import { groupBy } from '../domain/group-by.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { alertKeyOf } from './alert-revocation.ts';
import { backoffMs, REVOKE_BACKOFF } from './backoff.ts';
import { givenBy, NOTHING_DONE } from './finish-grant.ts';
import { asOutage } from './outage.ts';
import { type AccessOnTarget, type Connector, type ManySession, Outage, type Ports, type Tx } from './ports.ts';
import { lapsingWith, stepGrant } from './step-grant.ts';
import { inHand, paceEnds, paceFailures } from './waves.ts';

type Needs = Pick<Ports, 'store' | 'connectors'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantIds: readonly GrantId[];
}

export interface RevokedMany {
  /** Those that need nothing more now: ended, or with their next try scheduled. The others go the single way, see `revokeGrant`. */
  readonly settled: ReadonlySet<GrantId>;
  /** Whether their target takes many at once. */
  readonly batched: boolean;
}

/**
 * Ends many grants on one target whose time has come: the steps of `revokeGrant`, each taken for all of them together, with the same
 * machine, the same locks and the same read-back. Whatever is unusual about a grant sends that one the single way: a sibling on the
 * same access, something that was held before, a lock that is taken, sessions that resist, a refusal of the target.
 */
export async function revokeMany(ports: Needs, { workspace, grantIds }: Input): Promise<RevokedMany> {
  const settled = new Set<GrantId>();
  const revoking = await startMany(ports, workspace, grantIds, settled);
  // The ids are committed before the first call that changes anything: without them there is only the single way.
  const usual = [...groupBy(revoking.flatMap(accessOf), (each) => each.access.resolved.key).values()].flatMap((on) =>
    on.length === 1 ? on : [],
  );
  const [first] = usual;
  if (first === undefined) return { settled, batched: true };
  try {
    const { connector: name, connectorType, connection } = first.grant.target;
    const connector = ports.connectors.get(name, connectorType, connection);
    if (!connector.exclusivelyMany) return { settled, batched: false };
    const accesses = usual.map(({ access }) => access);
    await connector.exclusivelyMany(accesses, (session) =>
      takeAway(ports, workspace, connector, session, usual, settled),
    );
  } catch (error) {
    const left = usual.map(({ grant }) => grant.id).filter((id) => !settled.has(id));
    await failMany(ports, workspace, new Map(left.map((id) => [id, asOutage(error)])), settled);
  }
  return { settled, batched: true };
}

interface OnTarget {
  readonly grant: Grant;
  readonly access: AccessOnTarget;
}

function accessOf(grant: Grant): OnTarget[] {
  const { entitlement, subject, resolved } = grant.target;
  return resolved === null ? [] : [{ grant, access: { entitlement, subject, resolved } }];
}

/** Commits `revoking` for those that are live and due, and returns all that are `revoking` now. */
function startMany(
  ports: Needs,
  workspace: WorkspaceId,
  grantIds: readonly GrantId[],
  settled: Set<GrantId>,
): Promise<readonly Grant[]> {
  return ports.store.transaction(workspace, async (tx) => {
    const grants = await tx.grantsForUpdate(grantIds);
    for (const grant of grants) if (grant.status === 'ended') settled.add(grant.id);
    const live = grants.filter((grant) => grant.status === 'active');
    const steps = stepAll(live, tx, () => ({ type: 'end', because: 'expired', by: null, reason: null }));
    // One whose end was moved is put back at its time the single way.
    const ending = steps.filter(({ state }) => state.status === 'revoking');
    await tx.save({
      grants: ending.map(({ state }) => state),
      events: ending.flatMap(({ events }) => events),
      effects: [
        ...ending.flatMap(({ effects }) => inHand(effects)),
        ...(await lapsingWith(
          tx,
          ending.map(({ state }) => state.id),
        )),
      ],
    });
    return [...grants.filter((grant) => grant.status === 'revoking'), ...ending.map(({ state }) => state)];
  });
}

async function takeAway(
  ports: Needs,
  workspace: WorkspaceId,
  connector: Connector,
  session: ManySession,
  usual: readonly OnTarget[],
  settled: Set<GrantId>,
): Promise<void> {
  const byKey = new Map(usual.map((each) => [each.access.resolved.key, each.grant]));
  if (session.held.size === 0) return;
  // Asked under the target's locks.
  const alone = await ports.store.reads(workspace).plainlyEnding([...session.held]);
  if (alone.size === 0) return;
  const answers = await session.revoke([...alone]);
  const failed = new Map<GrantId, Outage>();
  const taken: string[] = [];
  for (const [key, answer] of answers) {
    const grant = byKey.get(key);
    if (grant && answer instanceof Outage) failed.set(grant.id, answer);
    else taken.push(key);
  }
  const ending = connector.capabilities.endsSessions ? taken.filter((key) => byKey.get(key)?.target.endSessions) : [];
  const sessions = ending.length === 0 ? new Map<string, never>() : await session.endSessions(ending);
  const seen = await session.observe(taken);
  const gone = new Map<GrantId, Ending>();
  for (const key of taken) {
    const [grant, answer, ended] = [byKey.get(key), answers.get(key), sessions.get(key)];
    // What does not read back as gone goes the single way, which says so.
    const held = seen.get(key);
    if (!grant || typeof answer !== 'string' || held?.ours !== null) continue;
    if (ended && ended.left > 0) await tellSessions(ports, workspace, grant.id, ended.ended);
    else if (ended || !ending.includes(key))
      gone.set(grant.id, { key, answer, sessionsEnded: ended?.ended ?? null, stillGivenBy: givenBy(held) });
  }
  await finishMany(ports, workspace, gone, settled);
  await failMany(ports, workspace, failed, settled);
}

async function tellSessions(ports: Needs, workspace: WorkspaceId, grantId: GrantId, sessions: number): Promise<void> {
  await stepGrant(ports, { workspace, grantId }, (state, now) =>
    transitionGrant(state, { type: 'sessions_ended', sessions }, now),
  );
}

interface Ending {
  readonly key: string;
  readonly answer: string;
  readonly sessionsEnded: number | null;
  readonly stillGivenBy: readonly string[];
}

/** Committed while the target's locks are held, so that no sibling can begin between the read-back and this. */
async function finishMany(
  ports: Needs,
  workspace: WorkspaceId,
  gone: ReadonlyMap<GrantId, Ending>,
  settled: Set<GrantId>,
): Promise<void> {
  if (gone.size === 0) return;
  const ended = await ports.store.transaction(workspace, async (tx) => {
    const grants = (await tx.grantsForUpdate([...gone.keys()])).filter((grant) => grant.status === 'revoking');
    const steps = stepAll(grants, tx, ({ id }) => {
      const { answer, sessionsEnded, stillGivenBy } = gone.get(id) ?? { ...NOTHING_DONE, answer: '' };
      return { type: 'revoked', ...NOTHING_DONE, answer, sessionsEnded, stillGivenBy };
    });
    const keys = [...gone.values()].map(({ key }) => key);
    // Locked before the count, so that a grant which is just inheriting a note is counted: a note lives as long as any grant is open.
    await tx.lockNotes(keys);
    const open = await tx.openIdsOn(keys);
    await tx.dropNotes(
      steps.flatMap(({ state }) => {
        const key = gone.get(state.id)?.key;
        return key !== undefined && (open.get(key) ?? []).every((id) => id === state.id) ? [key] : [];
      }),
    );
    const effects = await paceEnds(tx, workspace, await withoutIdleAlarms(tx, steps));
    await tx.save({ grants: steps.map(({ state }) => state), events: steps.flatMap(({ events }) => events), effects });
    return steps.map(({ state }) => state.id);
  });
  for (const id of ended) settled.add(id);
}

/** What failed for many of them together is told of each, and each is tried again at a time of its own. */
async function failMany(
  ports: Needs,
  workspace: WorkspaceId,
  failed: ReadonlyMap<GrantId, Outage>,
  settled: Set<GrantId>,
): Promise<void> {
  if (failed.size === 0) return;
  const told = await ports.store.transaction(workspace, async (tx) => {
    const grants = (await tx.grantsForUpdate([...failed.keys()])).filter((grant) => grant.status === 'revoking');
    const steps = stepAll(grants, tx, ({ id, attempts }) => {
      const outage = failed.get(id);
      const waitMs = Math.max(backoffMs(REVOKE_BACKOFF, attempts), (outage?.retryAfterSeconds ?? 0) * 1000);
      return {
        type: 'revoke_failed',
        error: outage?.message ?? '',
        errorKind: outage?.kind ?? 'unknown_outcome',
        retryAt: new Date(tx.now.getTime() + waitMs),
      };
    });
    const [any] = grants;
    const effects = any ? await paceFailures(tx, workspace, targetKeyOf(any), steps) : [];
    await tx.save({ grants: steps.map(({ state }) => state), events: steps.flatMap(({ events }) => events), effects });
    return steps.map(({ state }) => state.id);
  });
  for (const id of told) settled.add(id);
}

/** Whose failures one alarm told of together has none of its own to bring up to date. */
async function withoutIdleAlarms(tx: Tx, steps: ReturnType<typeof stepAll>): Promise<ReturnType<typeof stepAll>> {
  const isAlarm = ({ effect }: EffectChange): boolean => effect.kind === 'alert_revocation';
  const alarmed = steps.filter(({ effects }) => effects.some(isAlarm)).map(({ state }) => alertKeyOf(state.id));
  if (alarmed.length === 0) return steps;
  const own = await tx.posted(alarmed);
  return steps.map((step) =>
    own.has(alertKeyOf(step.state.id)) ? step : { ...step, effects: step.effects.filter((change) => !isAlarm(change)) },
  );
}

/** One step of each grant's machine; one that is refused goes the single way. */
function stepAll(grants: readonly Grant[], { now }: Pick<Tx, 'now'>, commandFor: (grant: Grant) => GrantCommand) {
  return grants.flatMap((grant) => {
    const step = transitionGrant(grant, commandFor(grant), now);
    return step.ok ? [{ ...step, requestId: grant.requestId }] : [];
  });
}
