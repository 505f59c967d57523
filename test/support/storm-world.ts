import type pg from 'pg';
import { pino } from 'pino';
import { openPostgres, postgres } from '../../src/connectors/postgres.ts';
import { openConnectors } from '../../src/connectors/registry.ts';
import { createDirectory } from '../../src/directory/directory.ts';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { targetKeyOf } from '../../src/domain/grant-state.ts';
import { type GrantId, slackUserId, type WorkspaceId, workspaceId } from '../../src/domain/ids.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { transitionRequest } from '../../src/domain/request.ts';
import type { RanEnds } from '../../src/jobs/run-ends.ts';
import { createRunner } from '../../src/jobs/runner.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createSlack } from '../../src/slack/app.ts';
import { createTeardown } from '../../src/teardown.ts';
import { randomIds } from '../../src/usecases/new-ids.ts';
import { perform, performEnds } from '../../src/usecases/perform.ts';
import type { Ports } from '../../src/usecases/ports.ts';
import { provisionGrant } from '../../src/usecases/provision-grant.ts';
import { QUICK } from './connector-postgres.ts';
import { freshDatabase, startStore, type TestClock } from './database.ts';
import { stopWorkspace } from './stop-workspace.ts';
import { aSubmission } from './stored.ts';
import { startTargetPostgres, type TargetPostgres } from './target-postgres.ts';
import { startTargetProxy, type TargetProxy } from './target-proxy.ts';

const PASSWORD = 'a-password';
const POLICY = `apiVersion: elevate/v1
alerts: { escalate: [{ after: 30m, to: [helpers] }, { after: 2h, to: [board] }] }
defaults: { channel: "#access" }
channels: { security: "#security" }
groups:
  dba: { members: [sam@example.com] }
  helpers: { members: [theo@example.com] }
  board: { members: [priya@example.com] }
admins: [dba]
connectors: { pg: { type: postgres, url: "\${STORM_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba] } }
roles:
  db/admin:
    entitlement: { role: admins }
    subject: requester.email
    duration: { default: 1h, max: 4h }
    rules: [{ name: all, then: approve }]
`;

export interface Live {
  readonly id: GrantId;
  readonly login: string;
}

interface Begun {
  readonly role: string;
  readonly endSessions: boolean;
  /** The groups that owned the resource when it was asked for. */
  readonly owners: readonly string[];
}
const USUAL: Begun = { role: 'admins', endSessions: false, owners: [] };

/** A target PostgreSQL behind a proxy, our own database, a Slack workspace, and grants that end when the test says so. */
export interface StormWorld {
  readonly ports: Ports;
  readonly clock: TestClock;
  readonly target: TargetPostgres;
  readonly proxy: TargetProxy;
  readonly slack: Workspace;
  readonly workspace: WorkspaceId;
  readonly databaseUrl: string;
  /** Live grants of as many people of their own on one role, all of which end at about the same time. */
  live(count: number, options?: Partial<Begun>): Promise<readonly Live[]>;
  /** One more grant for somebody who has one. */
  again(login: string, role?: string): Promise<Live>;
  /** The same by somebody of another workspace on the same Elevate. */
  elsewhere(login: string, role?: string): Promise<Grant>;
  /** Takes what is due on the target in hand as one more process would, and performs it: together, and the rest one by one. */
  ends(): Promise<RanEnds & { readonly claimed: number }>;
  read(id: GrantId): Promise<Grant>;
  /** The logins that have the role by the bot. */
  holders(role?: string): Promise<string[]>;
  /** The events of the grant's end, in order. */
  endOf(id: GrantId): Promise<string[]>;
  /** Performs what is due of these kinds. */
  drain(...kinds: readonly string[]): Promise<void>;
  connect(login: string): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** A target for as many worlds as a test file has, one after the other. */
export async function startStormTarget(): Promise<TargetPostgres> {
  const target = await startTargetPostgres();
  await target.sql(`CREATE ROLE bot LOGIN PASSWORD '${PASSWORD}'`);
  await target.sql('CREATE DATABASE elevate OWNER bot');
  await target.sql('GRANT pg_signal_backend TO bot WITH INHERIT TRUE');
  return target;
}

/** What an earlier world left behind. */
const CLEAR = `DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'bot' AND NOT rolsuper LOOP
    EXECUTE format('DROP OWNED BY %I', name);
    EXECUTE format('DROP ROLE %I', name);
  END LOOP;
END $$`;

export async function startStormWorld(target: TargetPostgres): Promise<StormWorld> {
  const teardown = createTeardown();
  await target.sql(CLEAR);
  const roles = new Set<string>();
  const addRole = async (role: string): Promise<void> => {
    if (roles.has(role)) return;
    roles.add(role);
    await target.sql(`CREATE ROLE ${role} NOLOGIN`);
    await target.sql(`GRANT ${role} TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  };
  const proxy = await startTargetProxy(target.port);
  teardown.add(() => proxy.close());
  process.env.STORM_URL = `postgres://bot:${PASSWORD}@127.0.0.1:${proxy.port}/elevate`;
  const database = await freshDatabase();
  teardown.add(() => database.drop());
  const { store, clock, close } = await startStore(database.url);
  teardown.add(close);
  const slack = await startWorkspace();
  teardown.add(() => stopWorkspace(slack));
  const open: typeof postgres.open = (name, connection) => openPostgres(name, connection, { limits: QUICK });
  const connectors = openConnectors({ leases: store.leases }, new Map([['postgres', { ...postgres, open }]]));
  teardown.add(() => connectors.close());
  const loaded = loadPolicy([{ path: 'policy.yaml', text: POLICY }], { postgres });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const { policy } = loaded;
  const bolt = createSlack({
    connection: { mode: 'http', signingSecret: 'unused', botToken: slack.botToken, apiUrl: slack.apiUrl },
    log: pino({ level: 'silent' }),
    usecases: () => {
      throw new Error('Nobody clicks here');
    },
  });
  const directory = createDirectory({
    slackPeople: bolt.people,
    bind: store.people.bind,
    managers: () => null,
    environment: () => null,
    now: Date.now,
  });
  const workspace = workspaceId(slack.install.teamId);
  const policies = { current: () => policy, version: async () => policy };
  const ports: Ports = { store, connectors, messenger: bolt.messenger, directory, policies, clock, ids: randomIds };
  const connection = { url: `\${STORM_URL}` };
  let people = 0;

  async function begin(login: string, { role, endSessions, owners }: Begun, inWorkspace = workspace): Promise<Live> {
    const made = aSubmission({ stages: [] });
    const requester = { slackUserId: slackUserId(slack.user('dev').id), email: 'dev@example.com', name: 'Dev' };
    const request = {
      ...made.state,
      workspaceId: inWorkspace,
      requester,
      policyVersion: policy.version,
      role: { ...made.state.role, connector: 'pg', entitlement: { role }, subject: login, endSessions, owners },
    };
    const id = ports.ids.grant();
    await store.transaction(inWorkspace, async (tx) => {
      const step = transitionRequest(request, { type: 'approve_by_policy' }, tx.now);
      if (!step.ok) throw new Error(step.refusal.code);
      const born = createGrant(id, step.state, connection, tx.now);
      const events = [...step.events, ...born.events];
      await tx.save({ requests: [step.state], grants: [born.state], events, effects: born.effects });
    });
    await provisionGrant(ports, { workspace: inWorkspace, grantId: id });
    return { id, login };
  }

  const read = async (id: GrantId): Promise<Grant> => {
    const found = await store.reads(workspace).grant(id);
    if (!found) throw new Error(`There is no ${id}`);
    return found;
  };

  return {
    ports,
    clock,
    target,
    proxy,
    slack,
    workspace,
    databaseUrl: database.url,
    async live(count, options = {}) {
      const begun = { ...USUAL, ...options };
      await addRole(begun.role);
      const logins = Array.from({ length: count }, () => `dev_${++people}`);
      for (const login of logins) await target.sql(`CREATE ROLE ${login} LOGIN PASSWORD '${PASSWORD}'`);
      const all: Live[] = [];
      for (const login of logins) all.push(await begin(login, begun));
      return all;
    },
    again: (login, role = USUAL.role) => begin(login, { ...USUAL, role }),
    async elsewhere(login, role = USUAL.role) {
      const other = workspaceId('T0ELSEWHERE');
      const { id } = await begin(login, { ...USUAL, role }, other);
      const found = await store.reads(other).grant(id);
      if (!found) throw new Error(`There is no ${id}`);
      return found;
    },
    async ends() {
      const runner = createRunner({
        outbox: store.outbox,
        perform: (each) => perform(ports, each),
        performEnds: (all) => performEnds(ports, all),
        log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
        onRescheduled: () => {},
        onGivenBack: async () => undefined,
      });
      let claimed = 0;
      const key = targetKeyOf({
        workspaceId: workspace,
        target: {
          connector: 'pg',
          connectorType: 'postgres',
          connection,
          entitlement: {},
          subject: '',
          endSessions: false,
          resolved: null,
        },
      });
      const ran = await runner.runEnds(
        key,
        500,
        async () => {},
        (count) => {
          claimed = count;
        },
      );
      return { ...ran, claimed };
    },
    read,
    async holders(role = 'admins') {
      const rows = await target.sql<{ login: string }>(
        `SELECT u.rolname AS login FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member
           JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles g ON g.oid = m.grantor
          WHERE r.rolname = $1 AND g.rolname = 'bot' ORDER BY length(u.rolname), u.rolname`,
        [role],
      );
      return rows.map(({ login }) => login);
    },
    async endOf(id) {
      const events = await store.reads(workspace).eventsOf((await read(id)).requestId);
      const kinds = events.map(({ kind }) => kind as string);
      return kinds.slice(kinds.indexOf('grant.activated') + 1);
    },
    async drain(...kinds) {
      const keys = (await store.outbox.takeForQueue(0, 500)).filter(({ kind }) => kinds.includes(kind));
      for (const { key } of keys) {
        const claimed = await store.outbox.claim(key, 'test', 60);
        if (!claimed) continue;
        const performed = await perform(ports, claimed);
        if (performed.done) await store.outbox.complete([claimed], 'test');
        else await store.outbox.retry(claimed, 'test', performed.retryInMs, performed.error);
      }
    },
    connect: (login) => target.connect(login, PASSWORD),
    stop: () => teardown.run(),
  };
}
