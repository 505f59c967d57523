import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { bindUsecases } from '../../src/bind-usecases.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import type { Policy } from '../../src/domain/policy/types.ts';
import { type ReadPolicy, type Reloaded, reloadPolicy } from '../../src/usecases/reload-policy.ts';
import { groupApiType } from '../support/group-api/connector.ts';
import { POLICY, startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

const TIME_LIMIT_MS = 180_000;
/** More than any page, and more than a reload once looked at. */
const WAITING = 1_150;

const role = (name: string, then: string): string => `  admins/${name}:
    title: Group ${name}
    entitlement: { group: admins, level: member }
    subject: requester.email
    duration: { default: 1h, max: 4h }
    rules: [{ name: all, then: ${then} }]`;
const ASKED = '{ require: [{ from: [dba] }] }';

let world: WatchWorld;
let client: pg.Client;
let before: Policy;
beforeAll(async () => {
  world = await startWatchWorld();
  before = put(`${role('member', 'approve')}\n${role('asked', ASKED)}\n${role('other', ASKED)}`);
  world.setPolicy(textOf(`${role('member', 'approve')}\n${role('asked', ASKED)}\n${role('other', ASKED)}`));
  await note(before);
  client = new pg.Client({ connectionString: world.databaseUrl });
  await client.connect();
}, TIME_LIMIT_MS);
afterAll(async () => {
  await client?.end();
  await world?.stop();
});

const textOf = (roles: string): string => POLICY(world.api.url, roles);
function put(roles: string): Policy {
  const loaded = loadPolicy([{ path: 'policy.yaml', text: textOf(roles) }], { group_api: groupApiType() });
  if (!loaded.ok) throw new Error('The policy of this test does not check');
  return loaded.policy;
}
const note = ({ version }: Policy) =>
  world.ports.store.policies.noteLoad({ version, commit: null, loadedBy: 'test', how: 'start', findings: [] });

/** As many processes as are given notice the same change at the same time. */
const reloads = (processes: number, read: ReadPolicy): Promise<Reloaded[]> =>
  Promise.all(
    Array.from({ length: processes }, (_, n) => {
      let current = before;
      const policies = { ...world.ports.policies, current: () => current };
      const swap = (policy: Policy): void => {
        current = policy;
      };
      const ports = { ...world.ports, policies, swap };
      return reloadPolicy(ports, { read, how: 'change', loadedBy: `process ${n}`, workspace: world.workspace });
    }),
  );

const count = async (sql: string): Promise<number> =>
  (await client.query(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0].n;
const said = (words: RegExp): number =>
  world.security().filter((message) => words.test(JSON.stringify(message))).length;

describe('a policy that several processes notice at once', () => {
  it(
    'closes everything that waits and is denied by it, however much it is, and is announced once',
    async () => {
      const use = bindUsecases(world.ports);
      const ask = (name: string) =>
        use.submitRequest({
          workspace: world.workspace,
          user: world.user('dev'),
          role: `admins/${name}`,
          durationSeconds: null,
          startsAt: null,
          endsBy: null,
          reason: 'a change comes',
          ticket: null,
          origin: `test/${name}`,
          channel: null,
          extend: null,
          breakGlass: false,
        });
      expect(await ask('asked')).toMatchObject({ ok: true });
      expect(await ask('other')).toMatchObject({ ok: true });
      await client.query(
        `INSERT INTO requests SELECT (jsonb_populate_record(r, jsonb_build_object(
           'id', r.id || lpad(n::text, 5, '0'), 'origin', 'copy/' || n))).*
         FROM requests r, generate_series(1, $1) AS n WHERE r.role_key = 'admins/asked'`,
        [WAITING - 1],
      );
      await world.grant('dev2');

      const policy = put(`${role('member', 'deny')}\n${role('asked', 'deny')}\n${role('other', ASKED)}`);
      const outcomes = await reloads(3, { ok: true, policy, commit: null, warnings: [] });
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['swapped', 'swapped', 'swapped']);
      expect(await count(`requests WHERE status = 'denied' AND closed_reason = 'all'`)).toBe(WAITING);
      expect(await count(`requests WHERE status = 'pending'`)).toBe(1);
      expect(await count(`audit_events WHERE kind = 'policy.loaded'`)).toBe(1);
      expect(await count(`policy_loads WHERE version = '${policy.version}'`)).toBe(3);
      expect(said(/would no longer give/)).toBe(1);
    },
    TIME_LIMIT_MS,
  );

  it(
    'is refused by each and announced once, and so is another mistake after it',
    async () => {
      const broken = (line: string): ReadPolicy => ({ ok: false, lines: [line] });
      await reloads(3, broken('policy.yaml:1:1: error one'));
      await reloads(1, broken('policy.yaml:1:1: error one'));
      expect(said(/error one/)).toBe(1);
      await reloads(2, broken('policy.yaml:1:1: error two'));
      expect(said(/error two/)).toBe(1);
      expect(await count(`audit_events WHERE kind = 'policy.refused'`)).toBe(2);
      expect(await count('policy_loads WHERE version IS NULL')).toBe(6);
    },
    TIME_LIMIT_MS,
  );
});
