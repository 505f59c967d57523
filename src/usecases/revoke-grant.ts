import { type Grant, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { canonicalJson, type Json } from '../domain/json.ts';
import { backoffMs, REVOKE_BACKOFF } from './backoff.ts';
import { doubt, endingOf, finish, givenBy, lookAgain, NEVER_CALLED, NOTHING_DONE, standingOf } from './finish-grant.ts';
import { asOutage } from './outage.ts';
import { type Connector, done, Outage, type Performed, type Ports, type TargetSession } from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'connectors'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * The usual way to end a grant, whose time has come or that somebody ended; `endOnTime` is the punctual one for a single end that is
 * seen coming, and leaves everything out of the ordinary to this one: commit `revoking`, take the access away, read that back, commit
 * `ended`. A failure leaves it `revoking` with its revocation scheduled again; it never gives up.
 */
export async function revokeGrant(ports: Needs, input: Input): Promise<Performed> {
  const due = await startRevoking(ports, input);
  if (!due) return done;
  try {
    await takeAway(ports, input, due);
  } catch (error) {
    const outage = asOutage(error);
    await stepGrant(ports, input, (state, now) =>
      transitionGrant(
        state,
        {
          type: 'revoke_failed',
          error: outage.message,
          errorKind: outage.kind,
          retryAt: new Date(now.getTime() + backoffMs(REVOKE_BACKOFF, state.attempts)),
        },
        now,
      ),
    );
  }
  // Its next try, if there is one, was scheduled by the step itself.
  return done;
}

/** The grant in `revoking`; null when it has ended, or its end was moved and is not here yet. */
async function startRevoking(ports: Needs, input: Input): Promise<Grant | null> {
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (!grant || grant.status === 'ended') return null;
  if (grant.status === 'revoking') return grant;
  const step = await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'end', because: 'expired', by: null, reason: null }, now),
  );
  if (step.ok) return step.state.status === 'revoking' ? step.state : null;
  // Somebody else was faster; whatever they made of it is read afresh.
  const now = await ports.store.reads(input.workspace).grant(input.grantId);
  return now?.status === 'revoking' ? now : null;
}

async function takeAway(ports: Needs, input: Input, grant: Grant): Promise<void> {
  const { connector: name, connectorType, connection, entitlement, subject, resolved } = grant.target;
  if (resolved === null) {
    // The ids are committed before the first call that changes anything, so without them nothing was changed.
    return finish(ports, input, NEVER_CALLED);
  }
  const connector = ports.connectors.get(name, connectorType, connection);
  await connector.exclusively({ entitlement, subject, resolved }, async (session) => {
    const standing = await standingOf(ports, input, resolved.key);
    if (standing === null) return;
    if (standing.is !== 'ours') return finish(ports, input, endingOf(standing));
    const { before } = standing;
    const answer = await session.revoke(before);
    await settle(ports, input, { grant, connector, session, answer, before });
  });
}

/** What comes after the target's answer to a revocation, still under the lock: sessions, read-back, and the end of the grant. */
export async function settle(
  ports: Pick<Ports, 'store'>,
  input: Input,
  revoked: {
    readonly grant: Grant;
    readonly connector: Connector;
    readonly session: TargetSession;
    readonly answer: string;
    readonly before: Json;
  },
): Promise<void> {
  const { grant, connector, session, answer, before } = revoked;
  const sessionsEnded = await endSessions(ports, input, grant, connector, session);
  // Before the look: what lands between a look and the time after it would count as seen.
  const lookedAt = session.unsettled === null ? null : await ports.store.now();
  const stillGivenBy = await readBack(connector, session, answer, before);
  const lookAgainAt = lookedAt && lookAgain(session, lookedAt);
  if (lookAgainAt) return doubt(ports, input, answer, lookAgainAt);
  await finish(ports, input, { ...NOTHING_DONE, answer, stillGivenBy, leftBehind: before, sessionsEnded });
}

async function endSessions(
  ports: Pick<Ports, 'store'>,
  input: Input,
  grant: Grant,
  connector: Connector,
  session: TargetSession,
): Promise<number | null> {
  if (!grant.target.endSessions || !connector.capabilities.endsSessions) return null;
  const { ended, left } = await session.endSessions();
  if (left === 0) return ended;
  await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'sessions_ended', sessions: ended }, now),
  );
  throw new Outage('transient', `${left} of the holder's sessions on ${connector.name} could not be ended yet`);
}

/** Resolves with who else gives it. */
async function readBack(
  connector: Connector,
  session: TargetSession,
  answer: string,
  before: Json,
): Promise<readonly string[]> {
  const held = await session.observe();
  if (canonicalJson(held.ours) !== canonicalJson(before)) {
    throw new Outage(
      'transient',
      `${connector.name} answered "${answer}", but reading back shows that the access is still there`,
    );
  }
  return givenBy(held);
}
