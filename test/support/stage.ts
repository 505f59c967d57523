import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parse } from 'yaml';
import { type SlackUserId, slackUserId, type WorkspaceId, workspaceId } from '../../src/domain/ids.ts';
import { LOGINS, startTarget, type Target, takeEverythingAway } from '../../src/sandbox/target.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import type { WorkspaceSeed } from '../../src/sandbox/workspace/seed.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createTeardown, type Teardown } from '../../src/teardown.ts';
import { freshDatabase } from './database.ts';
import { type Rota, startRota } from './rota.ts';
import { stopWorkspace } from './stop-workspace.ts';
import { atPort, startTargetProxy, type TargetProxy } from './target-proxy.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The suite's own policy: small, and with one role of each kind. */
export const POLICY = join(ROOT, 'test', 'scenarios', 'policy.yaml');
export interface StageTarget {
  /** The bot's address, through the proxy. */
  readonly botUrl: string;
  readonly proxy: TargetProxy;
  holds(persona: string): Promise<boolean>;
  be(condition: 'is reachable again' | 'is unreachable' | 'takes nothing away'): Promise<void>;
  /** As the administrator. */
  sql(text: string): Promise<pg.QueryResult>;
  /** As the person, on their own login. */
  as(persona: string): Promise<pg.Client>;
}

/** Everything real around the bot: a workspace, a database and a target. */
export interface Stage {
  readonly workspace: Workspace;
  readonly databaseUrl: string;
  readonly target: StageTarget;
  /** Who is on call. */
  readonly rota: Rota;
  readonly workspaceId: WorkspaceId;
  person(persona: string): SlackUserId;
  /** Approval cards, oldest first. */
  cards(): Message[];
  /** The audit kinds of the newest request and its grant, in order; of no request, where there is none. */
  auditKinds(): Promise<string[]>;
  /** A folder of the stage's own, gone at its end. */
  readonly folder: string;
  readonly teardown: Teardown;
}

/** Scopes of the manifest: the workspace grants exactly these, and its Web API refuses whatever needs more. */
async function manifestScopes(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'manifest.yml'), 'utf8');
  const manifest: { oauth_config: { scopes: { bot: string[] } } } = parse(text);
  return manifest.oauth_config.scopes.bot;
}

/** A target that several stages of one test file use one after the other; each stage begins with nobody holding anything. */
export async function startSharedTarget(): Promise<Target> {
  const folder = await ownFolder();
  const target = await startTarget({ directory: folder, people: Object.values(LOGINS), settings: { fsync: 'off' } });
  return {
    ...target,
    async stop() {
      await target.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'elevate-stage-'));
  // PostgreSQL does not run as root: its own user must be able to walk in.
  await chmod(folder, 0o711);
  return folder;
}

export async function startStage(shared?: Target, seed?: Partial<WorkspaceSeed>): Promise<Stage> {
  const teardown = createTeardown();
  try {
    return await build(teardown, shared, seed);
  } catch (error) {
    await teardown.run().catch(() => undefined);
    throw error;
  }
}

async function build(
  teardown: Teardown,
  shared: Target | undefined,
  seed: Partial<WorkspaceSeed> = {},
): Promise<Stage> {
  const folder = await ownFolder();
  teardown.add(() => rm(folder, { recursive: true, force: true }));
  const target = shared ?? (await startSharedTarget());
  if (!shared) teardown.add(() => target.stop());
  const proxy = await startTargetProxy(Number(new URL(target.botUrl).port));
  teardown.add(() => proxy.close());
  const rota = await startRota();
  teardown.add(() => rota.close());
  const database = await freshDatabase();
  teardown.add(() => database.drop());
  const workspace = await startWorkspace({ scopes: await manifestScopes(), seed });
  teardown.add(() => stopWorkspace(workspace));
  const team = workspaceId(workspace.install.teamId);
  return {
    workspace,
    databaseUrl: database.url,
    target: await openTarget(target, proxy, teardown),
    rota,
    workspaceId: team,
    person: (persona) => slackUserId(workspace.user(persona).id),
    cards: () => cardsOf(workspace),
    auditKinds: () => auditKinds(database.url, team),
    folder,
    teardown,
  };
}

/** Channels for alerts and timelines. */
const WITHOUT_CARDS = ['security', 'access-audit', 'data-private', 'data-help'];

function cardsOf(workspace: Workspace): Message[] {
  return workspace
    .channels()
    .filter((channel) => channel.userId === undefined && !WITHOUT_CARDS.includes(channel.name))
    .flatMap((channel) => workspace.messages(channel.id))
    .filter((message) => message.user === workspace.install.botUserId)
    .sort((a, b) => Number(a.ts) - Number(b.ts));
}

async function auditKinds(url: string, team: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ kind: string }>(
      `SELECT kind FROM audit_events WHERE workspace_id = $1 AND kind NOT LIKE 'policy.%' AND kind NOT LIKE 'clock.%'
         AND request_id IS NOT DISTINCT FROM (SELECT id FROM requests WHERE workspace_id = $1 ORDER BY created_at DESC, id LIMIT 1)
       ORDER BY sequence`,
      [team],
    );
    return rows.map((row) => row.kind);
  } finally {
    await client.end();
  }
}

async function openTarget(target: Target, proxy: TargetProxy, teardown: Teardown): Promise<StageTarget> {
  const admin = new pg.Client({ connectionString: target.adminUrl });
  admin.on('error', () => undefined);
  await admin.connect();
  teardown.add(() => admin.end());
  await takeEverythingAway(admin, Object.values(LOGINS));
  const loginOf = (persona: string): string => {
    const login = LOGINS[persona];
    if (login === undefined) throw new Error(`${persona} has no login on the target`);
    return login;
  };
  return {
    botUrl: atPort(target.botUrl, proxy.port),
    proxy,
    async holds(persona) {
      const { rowCount } = await admin.query(
        `SELECT FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member WHERE member.rolname = $1`,
        [loginOf(persona)],
      );
      return rowCount !== 0;
    },
    async be(condition) {
      proxy.meet(condition === 'is unreachable' ? 'refuse' : 'pass');
      proxy.loseAll(condition === 'takes nothing away' ? /REVOKE/ : null);
      if (condition === 'is unreachable') proxy.cut();
    },
    sql: (text) => admin.query(text),
    async as(persona) {
      const client = new pg.Client({ connectionString: target.personUrl(loginOf(persona)) });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
  };
}
