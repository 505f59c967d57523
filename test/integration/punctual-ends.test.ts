import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConnectors } from '../../src/connectors/registry.ts';
import { createGrant, type GrantCommand, transitionGrant } from '../../src/domain/grant.ts';
import type { Json } from '../../src/domain/json.ts';
import { transitionRequest } from '../../src/domain/request.ts';
import { withClient } from '../../src/store/with-client.ts';
import { approveInto } from '../../src/usecases/approve-into.ts';
import { endOnTime, READY_MS } from '../../src/usecases/end-on-time.ts';
import { randomIds } from '../../src/usecases/new-ids.ts';
import type { Connector, Early } from '../../src/usecases/ports.ts';
import { provisionGrant } from '../../src/usecases/provision-grant.ts';
import { revokeGrant } from '../../src/usecases/revoke-grant.ts';
import { stepGrant } from '../../src/usecases/step-grant.ts';
import { type PostgresAccess, postgresHarness, until } from '../support/connector-postgres.ts';
import { type FreshDatabase, freshDatabase, type StartedStore, startStore } from '../support/database.ts';
import { aPersonRef, aSubmission, aWorkspace } from '../support/stored.ts';

// A single end that is taken in hand before its time, with the moments at which it waits in the test's hands.

const harness = postgresHarness();
let database: FreshDatabase;
let started: StartedStore;
beforeAll(async () => {
  await harness.start();
  database = await freshDatabase();
  started = await startStore(database.url);
}, 60_000);
afterAll(async () => {
  await started.close();
  await database.drop();
  await harness.stop();
}, 30_000);

type Play = () => Promise<unknown>;
const READY_FOR_MS = 1_000;

interface Scene {
  readonly access: PostgresAccess;
  /** What our grantor's row on the target said before the grant. */
  readonly before: Json;
  /** Takes the end in hand, and plays what happens while it waits, and while the revocation lies ready a second before its time. */
  endOnTime(meanwhile: { readonly waiting?: Play; readonly ready?: Play }): Promise<boolean>;
  usualWay(): Promise<unknown>;
  /** One more grant of the same person on the same access, an hour from now. */
  again(): Promise<unknown>;
  /**
   * The same, with an approval of more time that began before the end and waits for the grant's row while the target has committed, and
   * our own commit fails. Tells what came of the approval.
   */
  endAndLoseOwnCommit(): Promise<{ readonly extended: boolean }>;
  step(command: GrantCommand): Promise<unknown>;
  /** Moves the clock until so many milliseconds are left. */
  moveTo(leftMs: number): Promise<void>;
  read(): Promise<{ readonly status: string; readonly because: string | null; readonly lateMs: number }>;
  kinds(): Promise<readonly string[]>;
  /** Whether our grantor's row is on the target. */
  held(): Promise<boolean>;
}

async function live(work: (scene: Scene) => Promise<void>, held: 'nothing' | 'other' = 'nothing'): Promise<void> {
  const access = await harness.access();
  const before = held === 'nothing' ? null : await access.holdBefore(held);
  const { store, clock } = started;
  process.env.PUNCTUAL_URL = access.url;
  const connectors = openConnectors({ leases: store.leases });
  const ports = { store, connectors };
  const workspace = aWorkspace();
  const begin = async () => {
    const grantId = randomIds.grant();
    const input = { workspace, grantId };
    const about = { workspaceId: workspace, durationSeconds: 3600, requester: aPersonRef('U1') };
    const made = aSubmission({ stages: [], ...about }).state;
    const on = { connector: 'pg', connectorType: 'postgres', entitlement: access.entitlement, subject: access.subject };
    await store.transaction(workspace, async (tx) => {
      const step = transitionRequest({ ...made, role: { ...made.role, ...on } }, { type: 'approve_by_policy' }, tx.now);
      if (!step.ok) throw new Error(step.refusal.code);
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as a policy writes it
      const born = createGrant(grantId, step.state, { url: '${PUNCTUAL_URL}' }, tx.now);
      const events = [...step.events, ...born.events];
      await tx.save({ requests: [step.state], grants: [born.state], events, effects: born.effects });
    });
    await provisionGrant(ports, input);
    return { input, grantId, request: made };
  };
  const { input, grantId, request } = await begin();
  const find = async () => {
    const grant = await store.reads(workspace).grant(grantId);
    if (!grant?.endsAt) throw new Error('The grant is not live');
    return { grant, endsAt: grant.endsAt };
  };
  const moveTo = async (leftMs: number): Promise<void> => {
    const { endsAt } = await find();
    clock.advance((endsAt.getTime() - (await store.now()).getTime() - leftMs) / 1000);
  };
  /** The clock goes back when the revocation lies ready, so that a slow machine waits there too. */
  const slow = (connector: Connector): Connector => ({
    ...connector,
    exclusively: (on, work) =>
      connector.exclusively(on, (session) =>
        work({
          ...session,
          async prepareRevoke(before) {
            const prepared = await session.prepareRevoke?.(before);
            if (!prepared) throw new Error('Nothing was prepared');
            await moveTo(READY_FOR_MS);
            return prepared;
          },
        }),
      ),
  });
  const early = (...plays: readonly (Play | undefined)[]): Early => {
    const rest = [...plays];
    return {
      tooLate: new Promise(() => undefined),
      async wait() {
        const last = rest.length <= 1;
        await rest.shift()?.();
        // The clock stands at the time when something waits for the last time, and short of it before.
        await moveTo(last ? 0 : READY_MS / 2);
      },
    };
  };
  try {
    await work({
      access,
      before,
      moveTo,
      endOnTime: ({ waiting, ready }) =>
        endOnTime(
          { store, connectors: { get: (...which) => slow(connectors.get(...which)) } },
          input,
          early(waiting, ready),
        ),
      usualWay: () => revokeGrant(ports, input),
      again: begin,
      async endAndLoseOwnCommit() {
        const { endsAt } = await find();
        const asked = aSubmission({ stages: [], workspaceId: workspace, durationSeconds: 3600 }).state;
        const began = deferred();
        const gate = deferred();
        let approving: Promise<{ readonly ok: boolean }> = Promise.resolve({ ok: false });
        const approve = async () => {
          approving = store.transaction(workspace, async (tx) => {
            const more = { ...asked, extension: { grantId, endsAt } };
            const step = transitionRequest(more, { type: 'approve_by_policy' }, tx.now);
            if (!step.ok) throw new Error(step.refusal.code);
            began.resolve();
            await gate.promise;
            return approveInto({ ids: randomIds }, tx, null, step);
          });
          await began.promise;
        };
        const losing: typeof store.transaction = (of, run, options) =>
          store.transaction(
            of,
            async (tx) => {
              const result = await run(tx);
              if (typeof result !== 'object' || result === null || !('answer' in result)) return result;
              gate.resolve();
              await until('the approval waits for the row', () => somebodyWaits(database.url));
              throw new Error('our own database is away');
            },
            options,
          );
        const get = (...which: Parameters<typeof connectors.get>) => slow(connectors.get(...which));
        const needs = { store: { ...store, transaction: losing }, connectors: { get } };
        await expect(endOnTime(needs, input, early(undefined, approve))).rejects.toThrow('our own database is away');
        return { extended: (await approving).ok };
      },
      step: (command) => stepGrant(ports, input, (state, now) => transitionGrant(state, command, now)),
      async read() {
        const { grant, endsAt } = await find();
        const lateMs = grant.endedAt ? grant.endedAt.getTime() - endsAt.getTime() : Number.NaN;
        return { status: grant.status, because: grant.endedBecause, lateMs };
      },
      async kinds() {
        const events = await store.reads(workspace).eventsOf(request.id);
        return events
          .map((event) => event.kind)
          .filter((kind) => /^grant\.(revocation_started|ended|extended)$/.test(kind));
      },
      held: async () => (await access.held()).ours !== null,
    });
  } finally {
    await connectors.close();
  }
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

const somebodyWaits = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const found = await client.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    return found.rows.length > 0;
  });

const EXTEND: GrantCommand = { type: 'extend', seconds: 3600, by: aSubmission().state };
const ONE_END = ['grant.revocation_started', 'grant.ended'];
const RETURN: GrantCommand = { type: 'end', because: 'returned', by: aPersonRef('U1'), reason: null };

describe('an end that is taken in hand before its time', () => {
  it('takes the access away at its time and not before', () =>
    live(async (scene) => {
      const heldAt: boolean[] = [];
      const look = async () => void heldAt.push(await scene.held());
      expect(await scene.endOnTime({ waiting: look, ready: look })).toBe(true);
      expect(heldAt).toEqual([true, true]);
      expect(await scene.held()).toBe(false);
      const { status, because, lateMs } = await scene.read();
      expect([status, because]).toEqual(['ended', 'expired']);
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(await scene.kinds()).toEqual(ONE_END);
    }));

  it('gives back what was held before', () =>
    live(async (scene) => {
      expect(scene.before).not.toBeNull();
      expect((await scene.access.held()).ours).not.toEqual(scene.before);
      expect(await scene.endOnTime({})).toBe(true);
      expect((await scene.read()).status).toBe('ended');
      expect((await scene.access.held()).ours).toEqual(scene.before);
    }, 'other'));

  it('leaves it to the usual way when another grant stands for the same access', () =>
    live(async (scene) => {
      await scene.again();
      expect(await scene.endOnTime({})).toBe(false);
      expect((await scene.read()).status).toBe('active');
      await scene.moveTo(0);
      await scene.usualWay();
      expect(await scene.read()).toMatchObject({ status: 'ended', because: 'expired' });
      expect(await scene.access.works()).toBe(true);
    }));

  it('leaves the access alone when it is extended while it waits', () =>
    live(async (scene) => {
      expect(await scene.endOnTime({ waiting: () => scene.step(EXTEND) })).toBe(false);
      expect([await scene.held(), (await scene.read()).status]).toEqual([true, 'active']);
      expect(await scene.access.works()).toBe(true);
      // What the runner does then, at the old time.
      await scene.moveTo(3_600_000);
      await scene.usualWay();
      expect([await scene.held(), await scene.kinds()]).toEqual([true, ['grant.extended']]);
    }));

  it('leaves it alone when it is extended while the revocation lies ready', () =>
    live(async (scene) => {
      expect(await scene.endOnTime({ ready: () => scene.step(EXTEND) })).toBe(false);
      expect([await scene.held(), (await scene.read()).status]).toEqual([true, 'active']);
      expect(await scene.access.works()).toBe(true);
    }));

  it.each(['waiting', 'ready'] as const)('ends it once when it is given back meanwhile: %s', (when) =>
    live(async (scene) => {
      expect(await scene.endOnTime({ [when]: () => scene.step(RETURN) })).toBe(false);
      await scene.usualWay();
      expect(await scene.held()).toBe(false);
      expect(await scene.read()).toMatchObject({ status: 'ended', because: 'returned' });
      expect(await scene.kinds()).toEqual(ONE_END);
    }),
  );

  it('that is over on the target while our own commit fails is not extended by who waited for that', () =>
    live(async (scene) => {
      expect(await scene.endAndLoseOwnCommit()).toEqual({ extended: false });
      expect([await scene.held(), (await scene.read()).status]).toEqual([false, 'active']);
      await scene.usualWay();
      expect(await scene.read()).toMatchObject({ status: 'ended', because: 'expired' });
      expect(await scene.kinds()).toEqual(ONE_END);
    }));

  it.each(['waiting', 'ready'] as const)('leaves it to the usual way when the connection breaks: %s', (when) =>
    live(async (scene) => {
      const failed = scene.endOnTime({ [when]: async () => scene.access.network.crash() });
      await expect(failed).rejects.toThrow();
      expect([await scene.held(), (await scene.read()).status]).toEqual([true, 'active']);
      await scene.moveTo(0);
      await scene.usualWay();
      expect(await scene.held()).toBe(false);
      expect(await scene.kinds()).toEqual(ONE_END);
    }),
  );
});
