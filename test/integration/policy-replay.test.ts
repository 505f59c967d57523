import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { policyVersion } from '../../src/domain/ids.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import type { Facts } from '../../src/domain/policy/facts.ts';
import { elevate, type Folder, temporaryFolder } from '../support/cli.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { factsFor, policyOf, roleOf } from '../support/policy-fixture.ts';

/** The usual run replays some thousands; REPLAY=100000 as many as that. */
const COUNT = Number(process.env.REPLAY ?? 4_000);
/** What may be alive more than before, whatever the count: some pages of rows. 100,000 rows whole are ten times as much. */
const GROWTH_MAX_BYTES = 30_000_000;
const LOOK_EVERY_MS = 700;

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
/** Bytes that something still refers to. */
function alive(): number {
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}

const OLD = `apiVersion: elevate/v1
defaults: { channel: "#access" }
groups:
  dba: { slack_usergroup: dba }
  developers: { slack_usergroup: developers }
  sre: { slack_usergroup: sre }
connectors: { pg: { type: postgres, url: "\${DB_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba] } }
roles:
  db/admin:
    entitlement: { role: admin }
    rules:
      - name: on call
        when: '"sre" in requester.groups'
        then: approve
      - name: an hour
        when: '"developers" in requester.groups'
        then: { require: [{ from: [dba] }] }
`;

let database: FreshDatabase;
let folder: Folder;
const policy = policyOf(OLD);
const facts = (parts: Parameters<typeof factsFor>[1]): Facts => factsFor(policy, parts);

beforeAll(async () => {
  database = await freshDatabase();
  folder = await temporaryFolder();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    // Of ten requests, six are of developers for an hour, three for four hours, and one is of somebody on call.
    const kinds: readonly [number, number, Facts][] = [
      [0, 5, facts({ groups: { developers: true } })],
      [6, 8, facts({ groups: { developers: true }, request: { durationSeconds: 14_400 } })],
      [9, 9, facts({ groups: { sre: true } })],
    ];
    for (const [from, to, given] of kinds) {
      const decision = evaluate(policy, roleOf(policy).key, given);
      await client.query(
        `INSERT INTO requests (id, workspace_id, version, revision, origin, requester_id, requester, role_key, role, duration_seconds,
           reason, policy_version, policy_decision, facts, stages, status, created_at, expires_at)
         SELECT 'R' || lpad(n::text, 9, '0'), 'T1', 1, 1, 'o' || n, 'U1', '{}', 'db/admin', '{}', $3, 'r', $4, $5, $6, '[]', 'approved',
           now() - interval '1 day', now()
         FROM generate_series(0, $7::int - 1) AS n WHERE n % 10 BETWEEN $1 AND $2`,
        [from, to, given.request.durationSeconds, policyVersion(policy.version), decision, given, COUNT],
      );
    }
    await client.query(`UPDATE requests SET created_at = now() - interval '200 days' WHERE id = 'R000000000'`);
  } finally {
    await client.end();
  }
}, 300_000);
afterAll(async () => {
  await folder.remove();
  await database.drop();
});

async function replay(next: string, ...options: string[]) {
  await folder.write({ 'next/p.yaml': next });
  return elevate(['policy', 'replay', `${folder.path}/next`, ...options], { DATABASE_URL: database.url });
}

describe('stored requests under another policy', () => {
  it('come to the same under the same, and only as far back as asked', async () => {
    const { code, out } = await replay(OLD, '--fail-on', 'changed');
    expect(out).toMatch(new RegExp(`^${COUNT - 1} decided again: ${COUNT - 1} the same, 0 looser`));
    expect(code).toBe(0);
  }, 600_000);

  it('are counted by what becomes of them, with both traces, in memory that does not grow with them', async () => {
    const next = OLD.replace('    rules:', '    duration: { default: 1h, max: 2h }\n    rules:').replace(
      'then: approve',
      'then: { require: [{ from: [dba] }] }',
    );
    const before = alive();
    let highest = 0;
    const watching = setInterval(() => {
      highest = Math.max(highest, alive());
    }, LOOK_EVERY_MS);
    const { code, out } = await replay(next, '--since', '365d', '--show', '1', '--fail-on', 'loosened');
    clearInterval(watching);
    highest = Math.max(highest, alive());
    expect(out).toMatch(
      new RegExp(`${COUNT} decided again: ${0.6 * COUNT} the same, 0 looser, ${0.4 * COUNT} tighter`),
    );
    expect(out).toMatch(
      /^TIGHTENED R000000006 .* db\/admin for U1\n {2}was: require \(1 of dba\) by an hour\n {4}· on call: not matched/m,
    );
    expect(code).toBe(0);
    expect(highest - before).toBeLessThan(GROWTH_MAX_BYTES);
  }, 600_000);

  it('tell what loosens, and what nobody can know', async () => {
    const looser = await replay(
      OLD.replace('{ require: [{ from: [dba] }] }', 'approve'),
      '--show',
      '0',
      '--fail-on',
      'loosened',
    );
    expect(looser.out).toContain(`${0.9 * COUNT - 1} looser`);
    expect(looser.code).toBe(1);
    const newGroup = OLD.replace('"sre" in', '"night" in').replace(
      'groups:\n',
      'groups:\n  night: { slack_usergroup: night }\n',
    );
    const unknown = await replay(newGroup, '--show', '0', '--fail-on', 'changed');
    expect(unknown.out).toContain(`${COUNT - 1} unknown`);
    expect(unknown.code).toBe(0);
  }, 600_000);
});
