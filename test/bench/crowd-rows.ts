import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { NewAuditEvent } from '../../src/domain/audit.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { revocation } from '../../src/domain/grant-state.ts';
import { grantId, requestId } from '../../src/domain/ids.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import type { Target } from '../../src/sandbox/target.ts';
import { createStore, type OpenStore } from '../../src/store/prisma-store.ts';
import { withClient } from '../../src/store/with-client.ts';
import { type Card, type HoldingNote, REAL_TIME } from '../../src/usecases/ports.ts';

/** Grants of one transaction. */
const AT_ONCE = 250;
const LOOK_EVERY_MS = 50;
/** Far enough away for every copy to move it. */
const LATER_MS = 24 * 3_600_000;

/** All that the bot has written of its first grant. */
export interface Model {
  readonly request: AccessRequest;
  readonly grant: Grant;
  readonly events: readonly NewAuditEvent[];
  readonly note: HoldingNote;
  readonly card: Card;
}

export interface HolderOnTarget {
  readonly login: string;
  readonly oid: string;
}

const openStore = (url: string): OpenStore => createStore(url, { clock: REAL_TIME });

/** Waits until the bot's only grant is live and shown, and reads it. */
export async function readModel(url: string, limitMs: number): Promise<Model> {
  const found = await withClient(url, async (client) => {
    for (const giveUpAt = performance.now() + limitMs; performance.now() < giveUpAt; await wait(LOOK_EVERY_MS)) {
      const { rows } = await client.query(
        `SELECT g.id, g.workspace_id AS workspace FROM grants g JOIN cards c ON c.request_id = g.request_id
          WHERE g.status = 'active' AND c.ts IS NOT NULL
            AND NOT EXISTS (SELECT FROM effects WHERE done_at IS NULL AND due_at < clock_timestamp() AND kind = 'render_card')`,
      );
      if (rows[0]) return rows[0] as { id: string; workspace: string };
    }
    throw new Error('The first grant did not go live');
  });
  const store = openStore(url);
  try {
    const reads = store.reads(found.workspace as AccessRequest['workspaceId']);
    const grant = await reads.grant(grantId(found.id));
    const request = grant && (await reads.request(grant.requestId));
    const card = grant && (await reads.card(grant.requestId, 'decision'));
    const note = grant?.target.resolved ? await reads.note(grant.target.resolved.key) : null;
    if (!grant || !request || !card || !note) throw new Error('The first grant cannot be read');
    const events = await reads.eventsOf(request.id);
    // Their places in the chain are the store's to give.
    const told = events.map(({ workspaceId, sequence, previousHash, hash, ...event }) => event);
    return { request, grant, card, note, events: told };
  } finally {
    await store.close();
  }
}

/** Who holds the role by the bot, of those whose login begins so. */
export async function holdersOnly(target: Target, role: string, prefix: string): Promise<HolderOnTarget[]> {
  return withClient(target.adminUrl, async (client) => {
    const { rows } = await client.query<HolderOnTarget>(
      `SELECT u.rolname AS login, u.oid::text AS oid FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
         JOIN pg_roles u ON u.oid = m.member JOIN pg_roles g ON g.oid = m.grantor
        WHERE r.rolname = $1 AND g.rolname = 'elevate_bot' AND starts_with(u.rolname, $2) ORDER BY u.oid`,
      [role, prefix],
    );
    return rows;
  });
}

/** A live twin of the model for each of these logins. */
export async function addGrants(url: string, model: Model, holders: readonly HolderOnTarget[]): Promise<void> {
  const store = openStore(url);
  try {
    for (let from = 0; from < holders.length; from += AT_ONCE) {
      const twins = holders.slice(from, from + AT_ONCE).map((holder) => twinOf(model, holder));
      await store.transaction(model.request.workspaceId, async (tx) => {
        await tx.save({
          requests: twins.map((twin) => twin.request),
          grants: twins.map((twin) => twin.grant),
          events: twins.flatMap((twin) => twin.events),
          effects: twins.map(({ grant }) => revocation(grant, grant.endsAt ?? tx.now)),
        });
        await Promise.all(twins.flatMap((twin) => [tx.keepNote(twin.note), tx.saveCard(twin.card)]));
      });
    }
  } finally {
    await store.close();
  }
  await withClient(url, (client) => client.query('VACUUM (ANALYZE)'));
}

function twinOf(model: Model, { login, oid }: HolderOnTarget): Model {
  const [id, request] = [grantId(`grt_${randomUUID()}`), requestId(`req_${randomUUID()}`)];
  const { resolved } = model.grant.target;
  if (!resolved) throw new Error('The first grant was never on the target');
  const key = `${resolved.targetIdentity}/${resolved.entitlementId}/${oid}`;
  const endsAt = new Date(Date.now() + LATER_MS);
  const events = JSON.stringify(model.events).replaceAll(model.grant.id, id).replaceAll(model.request.id, request);
  return {
    request: {
      ...model.request,
      id: request,
      origin: `bench/${request}`,
      version: 0,
      role: { ...model.request.role, subject: login },
    },
    grant: {
      ...model.grant,
      id,
      requestId: request,
      version: 0,
      endsAt,
      mustEndBy: endsAt,
      target: { ...model.grant.target, subject: login, resolved: { ...resolved, subjectId: oid, key } },
    },
    events: JSON.parse(events, (name, value) => (name === 'at' && typeof value === 'string' ? new Date(value) : value)),
    note: { ...model.note, accessKey: key, notedFor: id },
    card: { ...model.card, requestId: request },
  };
}
