import { pino } from 'pino';
import { openConnectors } from '../../src/connectors/registry.ts';
import { createDirectory } from '../../src/directory/directory.ts';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { type GrantId, type SlackUserId, slackUserId, type WorkspaceId, workspaceId } from '../../src/domain/ids.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import type { Policy } from '../../src/domain/policy/types.ts';
import { type AccessRequest, transitionRequest } from '../../src/domain/request.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createSlack } from '../../src/slack/app.ts';
import { createTeardown } from '../../src/teardown.ts';
import { randomIds } from '../../src/usecases/new-ids.ts';
import { perform } from '../../src/usecases/perform.ts';
import type { ClaimedEffect, Ports } from '../../src/usecases/ports.ts';
import { freshDatabase, startStore, type TestClock } from './database.ts';
import { groupApiType, QUICK_LEASE } from './group-api/connector.ts';
import { type GroupApi, startGroupApi } from './group-api/server.ts';
import { stopWorkspace } from './stop-workspace.ts';
import { aSubmission } from './stored.ts';
import { type Message, messagesOf } from './watch-messages.ts';

/**
 * Everything real but the alarm clock: a Slack workspace, a database, and a target without locks, whose slow calls can land late. What is
 * due is performed when the test says so.
 */
export interface WatchWorld {
  readonly ports: Ports;
  readonly clock: TestClock;
  readonly api: GroupApi;
  readonly slack: Workspace;
  readonly workspace: WorkspaceId;
  readonly databaseUrl: string;
  user(persona: string): SlackUserId;
  /** A grant of `persona` on the group, approved just now; nothing is performed yet. */
  grant(persona: string, options?: { readonly role?: string; readonly seconds?: number }): Promise<GrantId>;
  /** Performs what is due, and what comes due by that, of these kinds or of all. */
  drain(...kinds: readonly string[]): Promise<void>;
  read(id: GrantId): Promise<Grant>;
  /** What the group says of the persona. */
  holds(persona: string): string | null;
  /** Gives it on the target by hand. */
  give(persona: string, level?: 'member' | 'maintainer'): void;
  take(persona: string): void;
  kinds(id: GrantId): Promise<string[]>;
  /** Messages of #security, oldest first: what they say and which buttons they have. */
  security(): Message[];
  setPolicy(text: string): void;
  /** Two roles that are one access on the target, written as two entitlements: member and maintainer. */
  offerTwoLevels(): void;
  stop(): Promise<void>;
}

export const POLICY = (url: string, roles = ROLES): string => `apiVersion: elevate/v1
defaults: { channel: "#access" }
admins: [security]
channels: { security: "#security" }
groups:
  dba: { slack_usergroup: dba }
  security: { members: [sam@example.com] }
connectors:
  groups: { type: group_api, url: "${url}", token: "\${GROUP_API_TOKEN}" }
resources:
  admins: { connector: groups, environment: production, owners: [dba] }
roles:
${roles}
`;
/** A role of the group, at a level. */
const groupRole = (name: string, level: string, risk = 'low'): string => `  admins/${name}:
    title: Group ${name}
    entitlement: { group: admins, level: ${level} }
    subject: requester.email
    risk: ${risk}
    duration: { default: 1h, max: 4h }
    rules: [{ name: all, then: approve }]`;
export const ROLES = `${groupRole('member', 'member', 'high')}\n${groupRole('twin', 'member')}`;

/**
 * `rememberPeopleMs`: how long what Slack says of people is taken for the present; otherwise it is asked every time. `lease`: how long the
 * target may take; otherwise it has to be quick.
 */
export async function startWatchWorld({ rememberPeopleMs = 0, lease = QUICK_LEASE } = {}): Promise<WatchWorld> {
  const teardown = createTeardown();
  const api = await startGroupApi();
  teardown.add(() => api.close());
  const database = await freshDatabase();
  teardown.add(() => database.drop());
  const { store, clock, close } = await startStore(database.url);
  teardown.add(close);
  const slack = await startWorkspace();
  teardown.add(() => stopWorkspace(slack));
  process.env.GROUP_API_TOKEN = api.token;
  const types = new Map([['group_api', groupApiType(lease)]]);
  const connectors = openConnectors({ leases: store.leases }, types);
  teardown.add(() => connectors.close());
  api.state.groups.set('g1', 'admins');
  const policyFrom = (text: string): Policy => {
    const loaded = loadPolicy([{ path: 'policy.yaml', text }], Object.fromEntries(types));
    if (!loaded.ok) throw new Error(loaded.findings.map(findingText).join('\n'));
    return loaded.policy;
  };
  let policy = policyFrom(POLICY(api.url));
  const bolt = createSlack({
    connection: { mode: 'http', signingSecret: 'unused', botToken: slack.botToken, apiUrl: slack.apiUrl },
    log: pino({ level: 'silent' }),
    usecases: () => {
      throw new Error('Nobody clicks here');
    },
    rememberPeopleMs,
  });
  const workspace = workspaceId(slack.install.teamId);
  const policies = { current: () => policy, version: async () => policy };
  const directory = createDirectory({
    slackPeople: bolt.people,
    bind: store.people.bind,
    managers: () => null,
    environment: () => null,
    now: Date.now,
  });
  const ports: Ports = { store, connectors, messenger: bolt.messenger, directory, policies, clock, ids: randomIds };
  const user = (persona: string) => slackUserId(slack.user(persona).id);
  const memberKey = (persona: string): string => {
    const { email } = slack.user(persona).person;
    if (!api.state.users.has(persona)) api.state.users.set(persona, email);
    return `g1/${persona}`;
  };

  /** What was taken from the outbox and is not of a kind that was asked for yet. */
  const handedOn = new Map<string, string>();

  return {
    ports,
    clock,
    api,
    slack,
    workspace,
    databaseUrl: database.url,
    user,
    async grant(persona, { role: name = 'member', seconds = 3600 } = {}) {
      memberKey(persona);
      const found = [...policy.roles.values()].find((each) => each.name === name);
      if (!found) throw new Error(`There is no role ${name}`);
      const made = aSubmission({ stages: [] });
      const { email } = slack.user(persona).person;
      const request: AccessRequest = {
        ...made.state,
        workspaceId: workspace,
        requester: { slackUserId: user(persona), email, name: persona },
        durationSeconds: seconds,
        policyVersion: policy.version,
        role: {
          ...made.state.role,
          key: found.key,
          title: found.title,
          risk: found.risk,
          owners: found.owners,
          connector: 'groups',
          connectorType: 'group_api',
          entitlement: found.entitlement,
          subject: email,
        },
      };
      const id = ports.ids.grant();
      await store.transaction(workspace, async (tx) => {
        const step = transitionRequest(request, { type: 'approve_by_policy' }, tx.now);
        if (!step.ok) throw new Error(step.refusal.code);
        const born = createGrant(id, step.state, found.connector.connection, tx.now);
        const events = [...step.events, ...born.events];
        await tx.save({ requests: [step.state], grants: [born.state], events, effects: born.effects });
      });
      return id;
    },
    async drain(...kinds) {
      for (let round = 0; round < 50; round += 1) {
        for (const { key, kind } of await store.outbox.takeForQueue(0, 500)) handedOn.set(key, kind);
        const due = [...handedOn].filter(([, kind]) => kinds.length === 0 || kinds.includes(kind));
        if (due.length === 0) return;
        for (const [key] of due) {
          handedOn.delete(key);
          const claimed = await store.outbox.claim(key, 'test', 60);
          if (claimed) await performOne(ports, claimed);
        }
      }
      throw new Error('What is due never comes to an end');
    },
    async read(id) {
      const found = await store.reads(workspace).grant(id);
      if (!found) throw new Error(`There is no ${id}`);
      return found;
    },
    holds: (persona) => api.state.members.get(`g1/${persona}`) ?? null,
    give: (persona, level = 'member') => void api.state.members.set(memberKey(persona), level),
    take: (persona) => void api.state.members.delete(`g1/${persona}`),
    async kinds(id) {
      const found = await store.reads(workspace).grant(id);
      const events = found ? await store.reads(workspace).eventsOf(found.requestId) : [];
      return events.map((event) => event.kind).filter((kind) => kind.startsWith('grant.'));
    },
    security: () => messagesOf(slack, 'security'),
    setPolicy(text) {
      policy = policyFrom(text);
    },
    offerTwoLevels() {
      const roles = [groupRole('member', 'member'), groupRole('maintainer', 'maintainer')];
      policy = policyFrom(POLICY(api.url, roles.join('\n')));
    },
    stop: () => teardown.run(),
  };
}

async function performOne(ports: Ports, claimed: ClaimedEffect): Promise<void> {
  const performed = await perform(ports, claimed);
  if (performed.done) await ports.store.outbox.complete([claimed], 'test');
  else await ports.store.outbox.retry(claimed, 'test', performed.retryInMs, performed.error);
}
