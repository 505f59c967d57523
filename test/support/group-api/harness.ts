import type { Connector } from '../../../src/usecases/ports.ts';
import type { Leases } from '../../../src/usecases/watch-ports.ts';
import type { AccessUnderTest, ConnectorHarness } from '../connector-harness.ts';
import { until } from '../connector-postgres.ts';
import { freshDatabase, startStore } from '../database.ts';
import { openGroupApi, QUICK_LEASE } from './connector.ts';
import { emptyState, type GroupApi, type GroupState, startGroupApi } from './server.ts';

/** The contract's harness for the lockless group API, with leases in a real database. */
export function groupApiHarness(): ConnectorHarness {
  const closing: (() => Promise<unknown>)[] = [];
  let leases: Leases | null = null;
  let made = 0;
  const given = (): Leases => {
    if (!leases) throw new Error('The harness was not started');
    return leases;
  };

  return {
    type: 'group_api',
    async start() {
      const database = await freshDatabase();
      const { store, close } = await startStore(database.url);
      closing.push(() => database.drop(), close);
      leases = store.leases;
    },
    async stop() {
      for (const close of closing.splice(0).reverse()) await close();
    },
    async access(kind = 'plain') {
      made += 1;
      const api = await startGroupApi();
      closing.push(() => api.close());
      const group = kind === 'plain' ? `admins-${made}` : `Admins / "${made}" ü?`;
      const user = kind === 'plain' ? `dev-${made}` : `dev.müller'${made}"@example.com / x`;
      return underTest(api, given(), group, user);
    },
  };
}

function populate(state: GroupState, group: string, user: string): GroupState {
  state.groups.set('g1', group);
  state.users.set('u1', user);
  return state;
}

function underTest(api: GroupApi, leases: Leases, group: string, user: string): AccessUnderTest {
  populate(api.state, group, user);
  let subjectId = 'u1';
  let waiting = 0;
  const counted: Leases = {
    ...leases,
    async take(key, milliseconds) {
      const lease = await leases.take(key, milliseconds);
      if (!lease) waiting += 1;
      return lease;
    },
  };
  const key = () => `g1/${subjectId}`;
  const level = () => api.state.members.get(key()) ?? null;
  const not = async (): Promise<never> => {
    throw new Error('This target has no such thing');
  };

  return {
    entitlement: { group },
    overlapping: { group, level: 'maintainer' },
    subject: user,
    another: not,
    secrets: [api.token],
    open(): Connector {
      const env = { GROUP_API_TOKEN: api.token };
      const connection = { url: api.url, token: `\${GROUP_API_TOKEN}` };
      return openGroupApi('groups', connection, { leases: counted }, QUICK_LEASE, env);
    },
    held: async () => ({ ours: level(), others: [] }),
    works: async () => level() !== null,
    async holdBefore(which) {
      const before = which === 'same' ? 'member' : 'maintainer';
      api.state.members.set(key(), before);
      return before;
    },
    async removeByHand() {
      api.state.members.delete(key());
    },
    grantByAnother: not,
    async renameSubject() {
      api.state.users.set('u1', `${user} renamed`);
    },
    async recreateSubject() {
      api.state.users.delete('u1');
      api.state.members.delete('g1/u1');
      subjectId = 'u2';
      api.state.users.set('u2', user);
      api.state.members.set('g1/u2', 'member');
    },
    async forbid() {
      api.refuseChanges(403, 'PUT');
    },
    async block() {
      api.refuseChanges(503);
      return async () => api.refuseChanges(null);
    },
    somebodyWaits: () => {
      const before = waiting;
      return until('somebody waits for the lease', async () => waiting > before);
    },
    quiet: () => until('nothing is under way', async () => api.busy() === 0),
    openSession: not,
    network: {
      down() {
        api.meet('refuse');
        api.cut();
      },
      up: () => api.meet('pass'),
      silence: () => api.meet('silent'),
      slow: (milliseconds) => api.delay(milliseconds),
      async anotherServer() {
        const { members } = api.state;
        api.state = populate(emptyState(), group, user);
        for (const [member, its] of members) api.state.members.set(member, its);
      },
      failNextChange: (fault) => api.failNext(fault),
      changeCame: () => api.failed(),
      release: () => api.release(),
      crash: () => api.cut(),
    },
  };
}
