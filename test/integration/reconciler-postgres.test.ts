import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { postgres } from '../../src/connectors/postgres.ts';
import { openConnectors } from '../../src/connectors/registry.ts';
import type { Drift } from '../../src/domain/drift.ts';
import { workspaceId } from '../../src/domain/ids.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { pauseReconciler, resumeReconciler } from '../../src/usecases/pause-reconciler.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { postgresHarness } from '../support/connector-postgres.ts';
import { freshDatabase, startStore } from '../support/database.ts';

const harness = postgresHarness();
beforeAll(() => harness.start(), 60_000);
afterAll(() => harness.stop(), 30_000);

const policyFor = (role: string) => {
  const text = `apiVersion: elevate/v1
connectors: { pg: { type: postgres, url: "\${RECONCILED_URL}" } }
resources: { db: { connector: pg, environment: production } }
roles:
  db/admin:
    entitlement: { role: "${role}" }
    subject: requester.email
    duration: { default: 1h, max: 4h }
    rules: [{ name: all, then: approve }]
defaults: { channel: "#access" }
`;
  const loaded = loadPolicy([{ path: 'policy.yaml', text }], { postgres });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingText).join('\n'));
  return loaded.policy;
};

it('rule 9: a membership of our own grantor that is not on record is shown, then taken away; another grantor’s stays', async () => {
  const access = await harness.access();
  const database = await freshDatabase();
  const { store, close } = await startStore(database.url);
  process.env.RECONCILED_URL = access.url;
  const connectors = openConnectors({ leases: store.leases });
  const policy = policyFor(access.names.role);
  const policies = { current: () => policy, version: async () => policy };
  const workspace = workspaceId('T0RECONCILE');
  const run = async (dryRun = false) => {
    const [report] = await reconcile({ store, connectors, policies }, { workspace, dryRun });
    expect(report?.error).toBeNull();
    return report?.findings.map(({ kind, grantor, does }) => `${kind} ${grantor} ${does}`);
  };
  try {
    await access.holdBefore('same');
    await access.grantByAnother();
    const { bot, dba } = access.names;
    const superuser = harness.superuser()[0];
    const found = [`unrecorded ${bot} next_run`, `unknown_holder ${dba} shown`];
    expect((await run())?.filter((each) => !each.includes(superuser)).sort()).toEqual(found.sort());
    // Nobody has been shown it yet: it stays, however often the run comes.
    await run();
    expect((await access.held()).ours).not.toBeNull();
    const [system] = await store.reads(workspace).knownSystems(1);
    const change = (to: Partial<Drift> | null) =>
      store.transaction(workspace, async (tx) => {
        for (const drift of await tx.standingDrift(system?.id ?? ''))
          await tx.saveDrift({ ...drift, shownAt: tx.now, ...to });
      });
    await change(null);
    expect(await run(true)).toContain(`unrecorded ${bot} next_run`);
    const pause = { workspace, by: 'ops', reason: 'a restore', untilAt: null };
    await pauseReconciler({ store }, pause);
    expect(await run()).toContain(`unrecorded ${bot} next_run`);
    await resumeReconciler({ store }, workspace);
    // Accepted until now: it has to be shown again first.
    await change({ status: 'accepted', untilAt: new Date(0) });
    expect(await run()).toContain(`unrecorded ${bot} next_run`);
    expect((await access.held()).ours).not.toBeNull();
    await change(null);
    expect(await run()).toContain(`unrecorded ${bot} taken_away`);
    const { ours, others } = await access.held();
    expect(ours).toBeNull();
    expect(others).toHaveLength(1);
    expect(await run()).not.toContain(expect.stringContaining('unrecorded'));
  } finally {
    await connectors.close();
    await close();
    await database.drop();
  }
}, 60_000);
