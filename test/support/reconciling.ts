import { expect } from '@jest/globals';
import type { Drift } from '../../src/domain/drift.ts';
import type { GrantId } from '../../src/domain/ids.ts';
import { withClient } from '../../src/store/with-client.ts';
import { type DriftResult, decideDrift } from '../../src/usecases/decide-drift.ts';
import { returnGrant } from '../../src/usecases/end-grant.ts';
import type { Ports } from '../../src/usecases/ports.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import type { WatchWorld } from './watch-world.ts';

type Answer = Parameters<typeof decideDrift>[1]['answer'];

/** What tests of the reconciler do in a world, and what they look at. */
export interface Reconciling {
  /** One run, and the cards of what it found; returns what it says it found, in short. */
  run(dryRun?: boolean): Promise<string[]>;
  /** A run in which this happens between the look at the target and the first thing that is done there. */
  runWith(meanwhile: () => Promise<unknown>): Promise<string[]>;
  live(persona?: string, role?: string): Promise<GrantId>;
  end(id: GrantId, persona?: string): Promise<void>;
  ended(persona?: string): Promise<GrantId>;
  /** All that is not closed, of all systems. */
  drifts(): Promise<readonly Drift[]>;
  /** The first of them. */
  drift(): Promise<Drift>;
  /** Somebody answers about it; unless given, a DBA. */
  decide(answer: Answer, who?: string): Promise<DriftResult>;
  acceptance(owner?: string, days?: number): Answer;
  inDays(days: number): Date;
  /** The kinds of the audit's events about drift, oldest first. */
  told(): Promise<string[]>;
}

export function reconcilingIn(world: () => WatchWorld): Reconciling {
  const it: Reconciling = {
    run: (dryRun = false) => reconciled(world(), world().ports, dryRun),
    async runWith(meanwhile) {
      const once = { happens: meanwhile as (() => Promise<unknown>) | null };
      const found = await reconciled(world(), { ...world().ports, connectors: interrupted(world(), once) }, false);
      // Otherwise it was about nothing.
      expect(once.happens).toBeNull();
      return found;
    },
    async live(persona = 'dev', role = 'member') {
      const id = await world().grant(persona, { role });
      await world().drain('provision_grant');
      expect((await world().read(id)).status).toBe('active');
      return id;
    },
    async end(id, persona = 'dev') {
      await returnGrant(world().ports, { workspace: world().workspace, user: world().user(persona), grantId: id });
      await world().drain('revoke_grant');
      expect((await world().read(id)).status).toBe('ended');
    },
    async ended(persona = 'dev') {
      const id = await it.live(persona);
      await it.end(id, persona);
      return id;
    },
    async drifts() {
      const reads = world().ports.store.reads(world().workspace);
      const systems = await reads.knownSystems(10);
      return (await Promise.all(systems.map((system) => reads.standingDrift(system.id)))).flat();
    },
    async drift() {
      const [found] = await it.drifts();
      if (!found) throw new Error('There is no drift');
      return found;
    },
    decide: async (answer, who = 'dba') =>
      decideDrift(world().ports, {
        workspace: world().workspace,
        user: world().user(who),
        driftId: (await it.drift()).id,
        answer,
      }),
    acceptance: (owner = 'dba', days = 30) => ({
      type: 'accept',
      owner: world().user(owner),
      reviewAt: it.inDays(days),
    }),
    inDays: (days) => new Date(Date.now() + world().clock.offsetMs() + days * 24 * 3600 * 1000),
    async told() {
      const text = "SELECT kind FROM audit_events WHERE kind LIKE 'drift.%' ORDER BY sequence";
      const { rows } = await withClient(world().databaseUrl, (client) => client.query<{ kind: string }>(text));
      return rows.map(({ kind }) => kind);
    },
  };
  return it;
}

async function reconciled(world: WatchWorld, ports: Ports, dryRun: boolean): Promise<string[]> {
  const reports = await reconcile(ports, { workspace: world.workspace, dryRun });
  expect(reports.map((report) => report.error)).toEqual(reports.map(() => null));
  await world.drain('render_drift');
  return reports.flatMap(({ findings }) => findings.map(({ kind, subject, does }) => `${kind} ${subject} ${does}`));
}

/** The same connectors; before the first lock of an access is taken, it happens. */
export function interrupted(
  { ports }: { readonly ports: Pick<Ports, 'connectors'> },
  once: { happens: (() => Promise<unknown>) | null },
): Ports['connectors'] {
  return {
    ...ports.connectors,
    get(...target) {
      const connector = ports.connectors.get(...target);
      return {
        ...connector,
        async exclusively(access, work) {
          const { happens } = once;
          once.happens = null;
          await happens?.();
          return connector.exclusively(access, work);
        },
      };
    },
  };
}
