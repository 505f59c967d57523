import { connectionSchema, entitlementSchema } from '../../src/connectors/postgres/schema.ts';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId, requestId, type SlackUserId, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import type { Policy } from '../../src/domain/policy/types.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import { homeView } from '../../src/slack/home/home.ts';
import { en } from '../../src/slack/text/en.ts';
import { createStore } from '../../src/store/prisma-store.ts';
import { withClient } from '../../src/store/with-client.ts';
import { homeOf } from '../../src/usecases/home-of.ts';
import { type Ports, REAL_TIME } from '../../src/usecases/ports.ts';
import { aRequest, dba } from '../support/domain.ts';
import type { Bench, Context, Figures } from './bench.ts';
import type { Servers } from './servers.ts';
import { median } from './stats.ts';

const MANY = 5_000;
/** As much as a Home shows of its longest list, and as far as it counts what waits. */
const A_PAGE = 25;
const TIMES = 40;
const WARM_UP = 5;
/** Rows of one transaction. */
const AT_ONCE = 250;
const HOUR_MS = 3_600_000;
const REQUESTERS = 500;

/** An admin's and approver's Home: what waits for them and all that is live, with thousands of each against a page of each. */
export const bench: Bench = { name: 'home_rows', unit: 'ms', goal: 2, run: measure };

async function measure({ servers: open, say }: Context): Promise<Figures> {
  const servers = await open();
  const [many, few] = [await openHome(servers, MANY), await openHome(servers, A_PAGE)];
  const [measured, floor]: [number[], number[]] = [[], []];
  try {
    for (let time = 0; time < TIMES + WARM_UP; time++) {
      const turns = [
        { home: many, into: measured },
        { home: few, into: floor },
      ];
      if (time % 2 === 0) turns.reverse();
      for (const { home, into } of turns) {
        const took = await home.look();
        if (time >= WARM_UP) into.push(took);
      }
    }
  } finally {
    await many.close();
    await few.close();
  }
  say(`home_rows: ${TIMES} Homes each, with ${MANY} and with ${A_PAGE} requests that wait and as many live grants`);
  return { measured: median(measured), floor: median(floor) };
}

/** A database with so many rows of each, and a look at the Home that shows them: from the question until its view is drawn. */
async function openHome(servers: Servers, rows: number) {
  const url = await servers.newDatabase();
  const store = createStore(url, { clock: REAL_TIME });
  const policy = benchPolicy();
  for (let from = 0; from < rows; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, rows - from) }, (_, n) => from + n);
    const requests = numbers.flatMap((n) => [requestOf(policy, 'waits', n), requestOf(policy, 'live', n)]);
    const grants = requests.filter(({ status }) => status === 'approved').map(grantOf);
    await store.transaction(workspaceId('T0TEAM'), (tx) => tx.save({ requests, grants }));
  }
  await withClient(url, (client) => client.query('VACUUM (ANALYZE)'));
  const ports: Pick<Ports, 'store' | 'directory' | 'policies'> = {
    store,
    directory: {
      person: async (_, user) => personOf(user),
      group: async () => ({ members: new Set([dba.slackUserId]) }),
      facts: async () => ({}),
    },
    policies: { current: () => policy, version: async () => policy },
  };
  return {
    async look(): Promise<number> {
      const beganAt = performance.now();
      const facts = await homeOf(ports, { workspace: workspaceId('T0TEAM'), user: dba.slackUserId, pages: {} });
      if (!facts.ok) throw new Error(en.refusal(facts.refusal));
      homeView(facts, () => '', en);
      const took = performance.now() - beganAt;
      if (facts.waiting.total !== A_PAGE || facts.admin?.everything.total !== rows)
        throw new Error('The Home does not show what there is');
      return took;
    },
    close: () => store.close(),
  };
}

const personOf = (user: SlackUserId) => ({
  slackUserId: user,
  email: `${user.toLowerCase()}@example.com`,
  name: user,
  workspaceId: workspaceId('T0TEAM'),
  standing: 'member' as const,
  timezone: 'UTC',
  managerId: null,
});

function requestOf(policy: Policy, kind: 'waits' | 'live', number: number): AccessRequest {
  const now = Date.now();
  return aRequest({
    id: requestId(`req_${kind}_${number}`),
    origin: `bench/${kind}/${number}`,
    requester: personOf(slackUserId(`U0R${number % REQUESTERS}`)),
    policyVersion: policy.version,
    status: kind === 'live' ? 'approved' : 'pending',
    createdAt: new Date(now - number),
    expiresAt: new Date(now + HOUR_MS),
  });
}

function grantOf(request: AccessRequest): Grant {
  const { state } = createGrant(grantId(request.id.replace('req_', 'grt_')), request, {}, request.createdAt);
  const endsAt = new Date(request.createdAt.getTime() + HOUR_MS);
  return { ...state, status: 'active', activatedAt: request.createdAt, endsAt, mustEndBy: endsAt };
}

function benchPolicy(): Policy {
  const text = `
apiVersion: elevate/v1
defaults: { channel: "#access" }
admins: [dba]
groups: { dba: { members: [dba@example.com] } }
connectors: { pg: { type: postgres, url: "\${X_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba] } }
roles: { db/admin: { entitlement: { role: admin }, rules: [{ name: asked, then: { require: [{ from: [dba] }] } }] } }
`;
  const loaded = loadPolicy([{ path: 'bench.yaml', text }], {
    postgres: { connection: connectionSchema, entitlement: entitlementSchema },
  });
  if (!loaded.ok) throw new Error(`The policy of the bench does not load: ${JSON.stringify(loaded.findings)}`);
  return loaded.policy;
}
