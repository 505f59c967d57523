import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { schedule } from '../../src/domain/effect.ts';
import { revocation, targetKeyOf } from '../../src/domain/grant-state.ts';
import { grantId, requestId } from '../../src/domain/ids.ts';
import type { Risk } from '../../src/domain/policy/labels.ts';
import { type FreshDatabase, freshDatabase, type StartedStore, startStore } from '../support/database.ts';
import { aWorkspace } from '../support/stored.ts';

let database: FreshDatabase;
let started: StartedStore;
beforeAll(async () => {
  database = await freshDatabase();
  started = await startStore(database.url);
}, 60_000);
afterAll(async () => {
  await started.close();
  await database.drop();
});

const workspaceId = aWorkspace();
const target = {
  connector: 'orders-pg',
  connectorType: 'postgres',
  connection: { url: `\${ORDERS_URL}` },
  entitlement: { role: 'orders_admin' },
  subject: 'dev',
  endSessions: true,
  resolved: null,
};

it('after an outage what is overdue goes before everything else, the most privileged first, then by lateness', async () => {
  const { store } = started;
  const end = (name: string, risk: Risk, at: Date) => revocation({ workspaceId, target, id: grantId(name), risk }, at);
  await store.transaction(workspaceId, async (tx) => {
    const ago = (seconds: number) => new Date(tx.now.getTime() - seconds * 1000);
    await tx.save({
      effects: [
        schedule({ kind: 'render_card', requestId: requestId('req_card') }, ago(900)),
        end('low_late', 'low', ago(800)),
        end('high_soon', 'high', ago(-20)),
        end('high_late', 'high', ago(10)),
        end('high_later', 'high', ago(600)),
        end('medium_late', 'medium', ago(700)),
      ],
    });
  });
  const order = ['high_later', 'high_late', 'medium_late', 'low_late'].map((name) => `revoke_grant/${name}`);
  const all = [...order, 'render_card/req_card', 'revoke_grant/high_soon'];
  const two = await store.outbox.takeForQueue(60_000, 2);
  const rest = await store.outbox.takeForQueue(60_000, 100);
  expect([...two, ...rest].map((each) => each.key)).toEqual(all);
});

it('many ends that are taken together come in the same order, however they lie in the table', async () => {
  const { store } = started;
  const count = 200;
  const many = { ...target, connector: 'many-pg' };
  const end = (name: string, risk: Risk, at: Date) =>
    revocation({ workspaceId, target: many, id: grantId(name), risk }, at);
  await store.transaction(workspaceId, async (tx) => {
    const ago = (seconds: number) => new Date(tx.now.getTime() - seconds * 1000);
    for (const risk of ['low', 'high'] as const) {
      await tx.save({ effects: Array.from({ length: count }, (_, n) => end(`${risk}_${n}`, risk, ago(n + 1))) });
    }
  });
  const keys = (risk: Risk) => Array.from({ length: count }, (_, n) => `revoke_grant/${risk}_${count - 1 - n}`);
  const claimed = await store.outbox.claimEnds(targetKeyOf({ workspaceId, target: many }), 'test', 5, 2 * count);
  expect(claimed.map(({ key }) => key)).toEqual([...keys('high'), ...keys('low')]);
});
