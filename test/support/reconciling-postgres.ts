import { postgres } from '../../src/connectors/postgres.ts';
import { openConnectors } from '../../src/connectors/registry.ts';
import type { Drift } from '../../src/domain/drift.ts';
import { type SlackUserId, slackUserId, type WorkspaceId, workspaceId } from '../../src/domain/ids.ts';
import type { Standing } from '../../src/domain/person.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { createTeardown } from '../../src/teardown.ts';
import { decideDrift } from '../../src/usecases/decide-drift.ts';
import type { Directory, Ports } from '../../src/usecases/ports.ts';
import { reconcile, type SystemReport } from '../../src/usecases/reconcile.ts';
import type { PostgresAccess } from './connector-postgres.ts';
import { freshDatabase, startStore } from './database.ts';

type Needs = Pick<Ports, 'store' | 'connectors' | 'policies' | 'directory'>;

/** A policy of one role on a real PostgreSQL, a store, and a directory in which `owner` is one of the owners and nobody else is known. */
export interface ReconciledPostgres {
  readonly ports: Needs;
  readonly workspace: WorkspaceId;
  readonly owner: SlackUserId;
  report(dryRun?: boolean, ports?: Needs): Promise<SystemReport>;
  /** `kind grantor does` of what a run found, without what is said of the superuser who made the server. */
  run(dryRun?: boolean, ports?: Needs): Promise<readonly string[]>;
  drifts(): Promise<readonly Drift[]>;
  /** As if a card had shown all of it; `to`: with that changed too. */
  shown(to?: Partial<Drift>): Promise<void>;
  revoke(drift: Drift): ReturnType<typeof decideDrift>;
  stop(): Promise<void>;
}

const POLICY = (role: string): string => `apiVersion: elevate/v1
groups: { dba: { members: [owner@example.com] } }
connectors: { pg: { type: postgres, url: "\${RECONCILED_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba] } }
roles:
  db/admin:
    entitlement: { role: ${JSON.stringify(role)} }
    subject: requester.email
    duration: { default: 1h, max: 4h }
    rules: [{ name: all, then: approve }]
defaults: { channel: "#access" }
`;

export async function reconciledPostgres(
  { url, names }: Pick<PostgresAccess, 'url' | 'names'>,
  superuser: string,
): Promise<ReconciledPostgres> {
  const teardown = createTeardown();
  const loaded = loadPolicy([{ path: 'policy.yaml', text: POLICY(names.role) }], { postgres });
  if (!loaded.ok) throw new Error(loaded.findings.map(findingText).join('\n'));
  const { policy } = loaded;
  const database = await freshDatabase();
  teardown.add(() => database.drop());
  const { store, close } = await startStore(database.url);
  teardown.add(close);
  process.env.RECONCILED_URL = url;
  const connectors = openConnectors({ leases: store.leases });
  teardown.add(() => connectors.close());
  const workspace = workspaceId('T0RECONCILE');
  const owner = slackUserId('U0OWNER');
  const ports: Needs = {
    store,
    connectors,
    policies: { current: () => policy, version: async () => policy },
    directory: directoryOf(workspace, owner),
  };
  const drifts = async () => {
    const [system] = await store.reads(workspace).knownSystems(1);
    return store.reads(workspace).standingDrift(system?.id ?? '');
  };
  const report = async (dryRun = false, given = ports): Promise<SystemReport> => {
    const [only] = await reconcile(given, { workspace, dryRun });
    if (!only) throw new Error('No system was looked at');
    return only;
  };
  return {
    ports,
    workspace,
    owner,
    report,
    drifts,
    async run(dryRun = false, given = ports) {
      const { findings, error } = await report(dryRun, given);
      if (error !== null) throw new Error(error);
      return findings
        .filter(({ grantor }) => grantor !== superuser)
        .map(({ kind, grantor, does }) => `${kind} ${grantor} ${does}`)
        .sort();
    },
    async shown(to = {}) {
      const all = await drifts();
      await store.transaction(workspace, async (tx) => {
        for (const drift of all) await tx.saveDrift({ ...drift, shownAt: tx.now, ...to });
      });
    },
    revoke: ({ id: driftId }) => decideDrift(ports, { workspace, user: owner, driftId, answer: { type: 'revoke' } }),
    stop: () => teardown.run(),
  };
}

function directoryOf(workspace: WorkspaceId, owner: SlackUserId): Directory {
  const standing: Standing = 'member';
  const one = { slackUserId: owner, email: 'owner@example.com', name: 'Olga Owner' };
  return {
    person: async (_, user) =>
      user === owner ? { ...one, workspaceId: workspace, standing, timezone: 'UTC', managerId: null } : null,
    group: async () => ({ members: new Set([owner]) }),
    facts: async () => ({}),
  };
}
