import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Target } from '../../src/sandbox/target.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

/** More than are looked through one by one for somebody whom most of them do not concern. */
const WAITING = 1_500;
const LIVE = 2_000;
const PAST = 1_000;

let target: Target;
let world: World;
let sql: pg.Client;
beforeAll(async () => {
  target = await startSharedTarget();
  world = await startWorld({ target, remembersPeople: true });
  sql = new pg.Client({ connectionString: world.databaseUrl });
  await sql.connect();
}, 90_000);
afterAll(async () => {
  await sql.end();
  await world.stop();
  await target.stop();
});

/** So many copies of the newest row, with ids of their own. */
async function copy(table: 'requests' | 'grants', rows: number, changes: string): Promise<void> {
  await sql.query(
    `INSERT INTO ${table} SELECT copied.*
       FROM (SELECT * FROM ${table} ORDER BY created_at DESC LIMIT 1) t, generate_series(1, ${rows}) AS n,
            LATERAL jsonb_populate_record(NULL::${table}, to_jsonb(t) || ${changes}) AS copied`,
  );
}

describe('a Home over thousands of rows', () => {
  it('shows a page of each list within Slack’s limits, and in time for somebody who waits for it', async () => {
    const { workspace } = world;
    await workspace.user('dev').command('/elevate orders-db/read 30m reading along', { channel: 'access' });
    const reads = world.app.ports.store.reads(world.workspaceId);
    const dev = world.person('dev');
    await workspace.waitFor(async () => (await reads.openGrantsOf(dev))[0]?.status === 'active', { timeoutMs: 30_000 });
    const text = (value: string): string => `jsonb_build_object(${value})`;
    await copy('requests', PAST + LIVE, text(`'id', 'req_p' || n, 'origin', 'p' || n`));
    await copy(
      'grants',
      LIVE,
      text(`'id', 'grt_l' || n, 'request_id', 'req_p' || n, 'holder_id', 'U0SOMEBODY', 'access_key', 'k' || n`),
    );
    await workspace
      .user('dev')
      .command('/elevate orders-db/admin 1h fixing stuck orders INC-42', { channel: 'access' });
    await workspace.waitFor(async () => (await reads.pendingRequestsOf(dev)).length === 1, { timeoutMs: 30_000 });
    await copy('requests', WAITING - 1, text(`'id', 'req_w' || n, 'origin', 'w' || n, 'requester_id', 'U0SOMEBODY'`));

    await workspace.user('dev2').command('/elevate orders-db/owner 15m moving a table', { channel: 'access' });
    const card = await workspace.waitFor(() => world.cards().find(({ text }) => text.includes('moving a table')), {
      timeoutMs: 30_000,
    });
    await workspace.user('dba').click(card, ({ action_id }) => action_id === 'request_approve');
    await workspace.waitFor(() => world.cards().some(({ blocks }) => textOf(blocks).includes('✓ Stage 1')), {
      timeoutMs: 30_000,
    });

    for (const [who, says] of [
      ['dev', `1–5 of ${PAST + LIVE + 1}`],
      ['dba', '1–5 of more than 25'],
      ['security', `1–25 of ${LIVE + 1}`],
      // Asked after all the others, which wait for other people.
      ['security', 'Waiting for you* · 1'],
    ] as const) {
      const began = performance.now();
      await workspace.user(who).openHome();
      const home = await workspace.waitFor(() => workspace.home(who), { what: 'a Home', timeoutMs: 30_000 });
      const took = performance.now() - began;
      expect(textOf(home.blocks)).toContain(says);
      expect(interactive(home.blocks).length).toBeLessThan(40);
      // Far above what it takes alone, since machines are noisy; without the limits and the indexes it is minutes.
      expect(took).toBeLessThan(10_000);
      if (process.env.ELEVATE_TIMES) process.stdout.write(`${who}: ${Math.round(took)} ms\n`);
    }
    expect(workspace.violations).toEqual([]);
  }, 120_000);
});
