import { type Grant, type ResolvedAccess, transitionGrant } from '../domain/grant.ts';
import type { GrantId, WorkspaceId } from '../domain/ids.ts';
import { canonicalJson } from '../domain/json.ts';
import { backoffMs, PROVISION_BACKOFF } from './backoff.ts';
import { asHeldBefore } from './held-before.ts';
import { systemOfGrant } from './known-systems.ts';
import { expiryOf } from './native-expiry.ts';
import { asOutage } from './outage.ts';
import {
  type Connector,
  done,
  type HoldingNote,
  Outage,
  type Performed,
  type Ports,
  type TargetSession,
  type Tx,
} from './ports.ts';
import { stepGrant } from './step-grant.ts';

type Needs = Pick<Ports, 'store' | 'connectors'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * Makes a grant real: commit that it begins, note what was there, grant, read back, commit `active`, all under the target's lock for this access.
 * The revocation was committed with the grant, before any of this.
 */
export async function provisionGrant(ports: Needs, input: Input): Promise<Performed> {
  const [grant, now] = await Promise.all([ports.store.reads(input.workspace).grant(input.grantId), ports.store.now()]);
  if (grant?.status !== 'provisioning') return done;
  if (now >= grant.provisionBy) {
    return fail(ports, input, grant.lastError ?? 'The target was not reached within the provisioning window');
  }
  try {
    const connector = ports.connectors.get(grant.target.connector, grant.target.connectorType, grant.target.connection);
    const resolved = await connector.resolve(grant.target.entitlement, grant.target.subject);
    const access = { entitlement: grant.target.entitlement, subject: grant.target.subject, resolved };
    await connector.exclusively(access, (session) => makeReal(ports, input, connector, resolved, session));
    return done;
  } catch (error) {
    const outage = asOutage(error);
    if (outage.kind === 'permanent') return fail(ports, input, outage.message);
    await stepGrant(ports, input, (state, now) =>
      transitionGrant(state, { type: 'provision_retry', error: outage.message }, now),
    );
    const leftMs = Math.max(0, grant.provisionBy.getTime() - (await ports.store.now()).getTime());
    return {
      done: false,
      retryInMs: Math.min(backoffMs(PROVISION_BACKOFF, grant.attempts), leftMs),
      error: outage.message,
    };
  }
}

async function makeReal(
  ports: Needs,
  input: Input,
  connector: Connector,
  resolved: ResolvedAccess,
  session: TargetSession,
): Promise<void> {
  const open = await begin(ports, input, connector, resolved);
  if (!open) return;
  const found = await session.observe();
  const takeNote = async (tx: Tx): Promise<HoldingNote | null> => {
    const grant = await tx.grantForUpdate(input.grantId);
    if (grant?.status !== 'provisioning') return null;
    const before = await asHeldBefore(tx, connector, grant, resolved, found);
    const about = { accessKey: resolved.key, workspaceId: input.workspace, notedAt: tx.now, notedFor: input.grantId };
    return tx.keepNote({ ...about, before });
  };
  const note = await ports.store.transaction(input.workspace, takeNote, { lockGrant: input.grantId });
  if (!note) return;
  const answer = await session.grant({ expiresAt: expiryOf(note, open) });
  const level = (await session.observe()).ours;
  if (level === null || !session.suffices(level)) {
    const found = level === null ? 'no access' : `only ${canonicalJson(level)}`;
    throw new Outage('transient', `${connector.name} answered "${answer}", but reading back shows ${found}`);
  }
  const heldBefore = note.before.ours !== null || note.before.others.length > 0;
  await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'activate', answer, level, heldBefore }, now),
  );
}

/**
 * Commits that this grant is about to work on the access, before what is there is looked at. From here on it counts as open there: a
 * sibling that ends leaves the access to it, and nobody drops the note. So what it then sees is from before us, or a note says what
 * was, even if this process is paused in between for longer than any lock lasts. Returns it with its siblings.
 */
function begin(
  ports: Needs,
  input: Input,
  connector: Connector,
  resolved: ResolvedAccess,
): Promise<readonly Grant[] | null> {
  const work = async (tx: Tx): Promise<readonly Grant[] | null> => {
    const grant = await tx.grantForUpdate(input.grantId);
    if (grant?.status !== 'provisioning') return null;
    const [others] = await Promise.all([
      siblings(tx, grant, resolved),
      tx.knowSystems([systemOfGrant(input.workspace, grant.target, resolved)]),
    ]);
    const step = transitionGrant(grant, { type: 'note_target', resolved }, tx.now);
    if (!step.ok)
      throw new Outage(
        'permanent',
        `The name now means something else on ${connector.name} than when this grant began`,
      );
    if (step.events.length > 0) await tx.save({ grants: [step.state], events: step.events, effects: step.effects });
    return [grant, ...others];
  };
  return ports.store.transaction(input.workspace, work, { lockGrant: input.grantId });
}

/** The other open grants on the access. POLICY.md 17: two people on one subject of a target would share, and end, each other's access. */
async function siblings(tx: Tx, grant: Grant, resolved: ResolvedAccess): Promise<readonly Grant[]> {
  const [elsewhere, others] = await Promise.all([tx.isOpenElsewhere(resolved.key), tx.openGrantsOn(resolved.key)]);
  // What it gave would be noted here as held before, and put back for ever.
  if (elsewhere) {
    throw new Outage(
      'permanent',
      `${grant.target.subject} on ${grant.target.connector} has this access already, from another Slack workspace that uses the same Elevate. Ask again when that has ended`,
    );
  }
  const other = others.find((each) => each.holder.slackUserId !== grant.holder.slackUserId);
  if (other) {
    throw new Outage(
      'permanent',
      `${grant.target.subject} on ${grant.target.connector} is already in use by ${other.holder.email}`,
    );
  }
  return others;
}

async function fail(ports: Needs, input: Input, error: string): Promise<Performed> {
  await stepGrant(ports, input, (state, now) => transitionGrant(state, { type: 'provision_fail', error }, now));
  return done;
}
