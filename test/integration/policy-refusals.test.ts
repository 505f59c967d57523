import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { REFUSALS_KEPT_PER_HOUR } from '../../src/usecases/limits.ts';
import { submitRequest } from '../../src/usecases/submit-request.ts';
import { elevate, type Folder, temporaryFolder } from '../support/cli.ts';
import { POLICY } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
const WAIT = { timeoutMs: 30_000 };
const DENIED = '/elevate orders-db/admin 1h fixing stuck orders INC-42';
const TOO_LONG = '/elevate orders-db/read 3h looking at orders';

let world: World;
let folder: Folder;
let client: pg.Client;
beforeEach(async () => {
  world = await startWorld();
  folder = await temporaryFolder();
  client = new pg.Client({ connectionString: world.databaseUrl });
  await client.connect();
}, TIME_LIMIT_MS);
afterEach(async () => {
  await client.end();
  await folder.remove();
  await world.stop();
});

const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await client.query(sql)).rows;
const kept = (): Promise<Record<string, unknown>[]> =>
  rows(`SELECT r.role_key, r.closed_reason, r.requester_id, e.data FROM requests r JOIN audit_events e ON e.request_id = r.id
        WHERE r.status = 'refused' AND e.kind = 'request.refused' ORDER BY e.sequence`);

async function replay(change: (policy: string) => string): Promise<{ code: number; out: string }> {
  await folder.write({ 'next/p.yaml': change(await readFile(POLICY, 'utf8')) });
  return elevate(['policy', 'replay', `${folder.path}/next`, '--fail-on', 'loosened'], {
    DATABASE_URL: world.databaseUrl,
  });
}

describe('what the policy refused at the submission', () => {
  it(
    'is kept with its facts, waits nowhere and is offered nowhere, and is decided again under another policy',
    async () => {
      const { workspace } = world;
      await workspace.user('sre').command(DENIED, { channel: 'access' });
      await workspace.waitFor(async () => (await kept()).length === 1, WAIT);
      await workspace.user('dev').command(TOO_LONG, { channel: 'access' });
      await workspace.waitFor(async () => (await kept()).length === 2, WAIT);
      expect(await kept()).toMatchObject([
        {
          role_key: 'orders-db/admin',
          closed_reason: 'policy_denied',
          requester_id: world.person('sre'),
          data: { code: 'policy_denied', rule: 'everyone else' },
        },
        {
          role_key: 'orders-db/read',
          closed_reason: 'duration_too_long',
          requester_id: world.person('dev'),
          data: { code: 'duration_too_long', durationSeconds: 10_800, rule: null },
        },
      ]);
      expect(await rows("SELECT 1 FROM effects JOIN requests ON key LIKE '%' || id || '%'")).toEqual([]);
      const reads = world.app.ports.store.reads(world.workspaceId);
      expect(await reads.pendingRequestsOf(world.person('sre'))).toEqual([]);
      expect(await reads.recentRequestsOf(world.person('sre'), 10)).toEqual([]);
      expect(world.cards()).toEqual([]);

      const same = await replay((policy) => policy);
      expect(same.out).toMatch(/^2 decided again: 2 the same, 0 looser/m);
      expect(same.code).toBe(0);
      const shorter = await replay((policy) => policy.replace('default: 30m, max: 2h', 'default: 30m, max: 1h'));
      expect(shorter.out).toMatch(/2 the same/);

      const looser = await replay((policy) =>
        policy
          .replace('then: deny', 'then: { require: [{ approvals: 1, from: [dba] }] }')
          .replace('default: 30m, max: 2h', 'default: 30m, max: 3h'),
      );
      expect(looser.out).toMatch(/^2 decided again: 0 the same, 2 looser/m);
      expect(looser.out).toMatch(
        /LOOSENED req_\w+ .* orders-db\/admin for U\w+\n {2}was: deny by everyone else[\s\S]*now: require \(1 of dba\) by everyone else/,
      );
      expect(looser.out).toMatch(
        /LOOSENED req_\w+ .* orders-db\/read for U\w+\n {2}was: refused, since it is for too long; for less approve/,
      );
      expect(looser.code).toBe(1);
      expect(workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  it(
    'is kept so many times an hour of one person, and the last one says that more is not',
    async () => {
      const submission = {
        workspace: world.workspaceId,
        user: world.person('sre'),
        role: 'orders-db/admin',
        durationSeconds: 3_600,
        reason: 'fixing stuck orders',
        ticket: 'INC-42',
        channel: null,
        startsAt: null,
        endsBy: null,
        extend: null,
        breakGlass: false,
      };
      const ask = async (times: number): Promise<void> => {
        const answers = await Promise.all(
          Array.from({ length: times }, (_, n) => submitRequest(world.app.ports, { ...submission, origin: `o/${n}` })),
        );
        for (const answer of answers) expect(answer).toMatchObject({ ok: false, refusal: { code: 'policy_denied' } });
      };
      await ask(REFUSALS_KEPT_PER_HOUR + 3);
      const all = await kept();
      expect(all).toHaveLength(REFUSALS_KEPT_PER_HOUR);
      expect(all.map(({ data }) => data).filter((data) => Object.hasOwn(data as object, 'furtherNotKept'))).toEqual([
        all.at(-1)?.data,
      ]);
      expect(await rows(`SELECT 1 FROM audit_events WHERE kind = 'request.refused'`)).toHaveLength(
        REFUSALS_KEPT_PER_HOUR,
      );
      world.advance(3_601);
      await ask(1);
      expect(await kept()).toHaveLength(REFUSALS_KEPT_PER_HOUR + 1);
    },
    TIME_LIMIT_MS,
  );
});
