import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GrantId } from '../../src/domain/ids.ts';
import { reconcile } from '../../src/usecases/reconcile.ts';
import { revokeGrant } from '../../src/usecases/revoke-grant.ts';
import { type StormWorld, startStormTarget, startStormWorld } from '../support/storm-world.ts';
import type { TargetPostgres } from '../support/target-postgres.ts';
import { messagesOf } from '../support/watch-messages.ts';

// What others do to a target while access on it is live: it ends all the same, and what is said of it is so.

let target: TargetPostgres;
let world: StormWorld;
beforeAll(async () => {
  target = await startStormTarget();
}, 60_000);
beforeEach(async () => {
  world = await startStormWorld(target);
}, 60_000);
afterEach(() => world.stop());
afterAll(() => target.stop());

const BOT = "LOGIN PASSWORD 'a-password'";
/** Its time is over, and it is taken away the single way; once more where that met a connection that this test has cut. */
async function end(id: GrantId, { down = false } = {}): Promise<void> {
  world.clock.advance(3_700);
  const giveUpAt = performance.now() + 30_000;
  do await revokeGrant(world.ports, { workspace: world.workspace, grantId: id });
  while (/connection was cut/.test((await world.read(id)).lastError ?? '') && !down && performance.now() < giveUpAt);
}
const grantOf = async (id: GrantId) => {
  const { status, lastError, lastErrorKind } = await world.read(id);
  return { status, lastError, lastErrorKind };
};
const ENDED = { status: 'ended', lastError: null, lastErrorKind: null };
/** What the sessions that are opened from now on find set; undone by `reset`. */
async function settings(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await target.sql(statement);
  await target.sql('SELECT pg_reload_conf()');
  world.proxy.cut();
}
async function one(options: Parameters<StormWorld['live']>[1] = {}) {
  const [made] = await world.live(1, options);
  if (!made) throw new Error('There is no grant');
  return made;
}

describe('settings of the target or of Elevate’s own role', () => {
  it('that make every transaction read-only keep no access', async () => {
    const { id } = await one();
    await settings('ALTER ROLE bot SET default_transaction_read_only = on');
    try {
      await end(id);
      expect(await grantOf(id)).toEqual(ENDED);
      expect(await world.holders()).toEqual([]);
    } finally {
      await settings('ALTER ROLE bot RESET default_transaction_read_only');
    }
  });

  it('that end a slow transaction end none of Elevate’s, which has limits of its own', async () => {
    const { id } = await one();
    await settings("ALTER ROLE bot SET transaction_timeout = '20ms'");
    world.proxy.delay(30);
    try {
      await end(id);
      expect(await grantOf(id)).toEqual(ENDED);
    } finally {
      world.proxy.delay(0);
      await settings('ALTER ROLE bot RESET transaction_timeout');
    }
  });

  it('that let every commit wait for a standby which is gone do not put off an end', async () => {
    const { id } = await one();
    await settings("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    try {
      await settingShows('synchronous_standby_names', 'nobody');
      await end(id);
      expect(await grantOf(id)).toEqual(ENDED);
      expect(await world.holders()).toEqual([]);
    } finally {
      await target.sql('SET synchronous_commit = local');
      await settings('ALTER SYSTEM RESET synchronous_standby_names');
      await target.sql('RESET synchronous_commit');
    }
  });

  it('that let a commit be forgotten in a crash bring nothing back that was said to be gone', async () => {
    const crashing = await startStormTarget();
    const there = await startStormWorld(crashing);
    try {
      await crashing.sql('ALTER SYSTEM SET synchronous_commit = off');
      await crashing.sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
      await crashing.sql('SELECT pg_reload_conf()');
      const [made] = await there.live(1);
      if (!made) throw new Error('There is no grant');
      await crashing.sql('CHECKPOINT');
      there.clock.advance(3_700);
      await revokeGrant(there.ports, { workspace: there.workspace, grantId: made.id });
      expect(await there.read(made.id)).toMatchObject({ status: 'ended' });
      const holders = await afterCrash(crashing, made.login);
      expect(holders).toEqual(['bot']);
    } finally {
      await there.stop();
      await crashing.stop();
    }
  });
});

/** Lets the server lose what is only in its memory, and tells who has the role afterwards. */
async function afterCrash({ connect }: TargetPostgres, login: string): Promise<string[]> {
  const victim = await connect(login, 'a-password');
  const { rows } = await victim.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  // PostgreSQL takes a process of its own that is killed for a crash of the whole server, and starts it again.
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    try {
      const client = await connect(login, 'a-password');
      const found = await client.query<{ login: string }>(
        `SELECT u.rolname AS login FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member WHERE m.roleid = 'admins'::regrole`,
      );
      return found.rows.map((row) => row.login);
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await wait(50);
    }
  }
}

/** The server takes its time over reading its settings again. */
async function settingShows(name: string, value: string): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    const client = await target.connect('bot', 'a-password', 'elevate');
    const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
    await client.end();
    if (rows[0]?.value === value) return;
    if (performance.now() > giveUpAt) throw new Error(`${name} never became ${value}`);
    await wait(20);
  }
}

describe('a target that is down at an end and back afterwards', () => {
  it('with another grant on the same access: nobody is told that it is gone, which it is not', async () => {
    const { id, login } = await one();
    world.clock.advance(1_800);
    const other = await world.again(login);
    world.proxy.meet('refuse');
    world.proxy.cut();
    await end(id, { down: true });
    await world.drain('alert_revocation');
    expect(messagesOf(world.slack, 'security').at(-1)?.says).toContain('Access was not removed');
    world.proxy.meet('pass');
    await end(id);
    await world.drain('alert_revocation');
    expect(await world.holders()).toEqual([login]);
    const [alert] = messagesOf(world.slack, 'security');
    expect(alert?.says).toContain('The same access on the target stays');
    expect(alert?.says).toContain(other.id);
    expect(alert?.says).not.toContain('read back as gone');
    expect(alert?.buttons).toEqual([]);
  });
});

describe('the same given by a DBA while it lasts', () => {
  const stillGivenBy = async (id: GrantId) => {
    const events = await world.ports.store.reads(world.workspace).eventsOf((await world.read(id)).requestId);
    return events.flatMap((event) => (event.kind === 'grant.ended' ? [event.data.stillGivenBy] : []));
  };

  it('is left alone, and the end says that they still have it, and from whom', async () => {
    const { id, login } = await one();
    await target.sql(`GRANT admins TO ${login}`);
    await end(id);
    expect(await grantOf(id)).toEqual(ENDED);
    expect(await stillGivenBy(id)).toEqual([['dba_super']]);
    await world.drain('render_card');
    const thread = messagesOf(world.slack, 'access').filter(({ reply }) => reply);
    expect(thread.at(-1)?.says).toMatch(/read back as gone\. \*They still have it from somebody else\*: dba_super/);
  });

  it('also where many end together, for whom it is so and nobody else', async () => {
    const all = await world.live(5);
    const [first, ...others] = all;
    await target.sql(`GRANT admins TO ${first?.login}`);
    world.clock.advance(3_700);
    await world.ends();
    expect(await Promise.all(all.map(({ id }) => stillGivenBy(id)))).toEqual([
      [['dba_super']],
      ...others.map(() => [[]]),
    ]);
  });
});

describe('two workspaces of one Elevate on the same login and role', () => {
  it('share no access, which the one would end for the other and the other put back for ever', async () => {
    const { id, login } = await one();
    expect(await world.elsewhere(login)).toMatchObject({
      status: 'revoking',
      endedBecause: 'provisioning_failed',
      endReason: expect.stringContaining('another Slack workspace'),
    });
    expect(await world.holders()).toEqual([login]);
    await end(id);
    expect(await world.holders()).toEqual([]);
    expect(await world.elsewhere(login)).toMatchObject({ status: 'active' });
    // The reconciler of the first knows nothing of that grant, and it is no drift for it: neither the ended one there again, nor unrecorded.
    const found = [];
    for (let run = 0; run < 3; run += 1) {
      for (const { findings } of await reconcile(world.ports, { workspace: world.workspace, dryRun: false })) {
        found.push(...findings.filter(({ subject }) => subject === login));
      }
    }
    expect(found).toEqual([]);
    expect([await world.holders(), (await world.read(id)).status]).toEqual([[login], 'ended']);
  });
});

describe('a login that is dropped on the target while somebody is logged in with it', () => {
  it('takes its open session along at the end, which had kept the role', async () => {
    const { id, login } = await one({ endSessions: true });
    const session = await world.connect(login);
    await session.query('SET ROLE admins');
    await target.sql(`DROP ROLE ${login}`);
    // What was dropped is the name; the session goes on as before.
    expect((await session.query('SELECT current_user AS who')).rows).toEqual([{ who: 'admins' }]);
    await end(id);
    expect(await grantOf(id)).toEqual(ENDED);
    await expect(session.query('SELECT 1')).rejects.toThrow();
    expect(await world.endOf(id)).toEqual(['grant.revocation_started', 'grant.sessions_ended', 'grant.ended']);
  });
});

describe('a change of the role that a DBA has not committed', () => {
  const pidOf = async (client: Awaited<ReturnType<StormWorld['connect']>>): Promise<number> =>
    (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
  const dba = async () => {
    await target.sql("DROP ROLE IF EXISTS night_dba; CREATE ROLE night_dba SUPERUSER LOGIN PASSWORD 'a-password'");
    const client = await world.connect('night_dba');
    await client.query('BEGIN');
    return client;
  };

  it('puts off the end, and the alarm says whose session it is and how to end it', async () => {
    const { id, login } = await one();
    const client = await dba();
    await client.query(`GRANT admins TO ${login}`);
    await end(id);
    const { lastError, lastErrorKind } = await grantOf(id);
    expect(lastErrorKind).toBe('transient');
    const pid = await pidOf(client);
    expect(lastError).toContain(`session ${pid} of night_dba`);
    expect(lastError).toContain(`pg_terminate_backend(${pid})`);
    await client.query('COMMIT');
    await revokeGrant(world.ports, { workspace: world.workspace, grantId: id });
    expect([await grantOf(id), await world.holders()]).toEqual([ENDED, []]);
    // What the DBA gave is the DBA's.
    expect(await target.sql(`SELECT FROM pg_auth_members WHERE member = '${login}'::regrole`)).toHaveLength(1);
    await client.end();
  });

  it('is named also where many end together', async () => {
    const all = await world.live(5);
    const client = await dba();
    await client.query('GRANT admins TO night_dba');
    world.clock.advance(3_700);
    await world.ends();
    const pid = await pidOf(client);
    for (const { id } of all) expect((await grantOf(id)).lastError).toContain(`session ${pid} of night_dba`);
    await client.query('ROLLBACK');
    await client.end();
  });
});

describe('roles that are dropped and made anew under the same name', () => {
  it('the role that was given: what the new one gives is not ours, and stays', async () => {
    const { id, login } = await one();
    await target.sql(`DROP ROLE admins; CREATE ROLE admins NOLOGIN`);
    await target.sql('GRANT admins TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    await target.sql(`GRANT admins TO ${login} GRANTED BY bot`);
    await end(id);
    expect(await grantOf(id)).toEqual(ENDED);
    expect(await world.holders()).toEqual([login]);
  });

  it('Elevate’s own role: what the old one gave went with it, and is read back as gone', async () => {
    const { id } = await one();
    await target.sql('ALTER DATABASE elevate OWNER TO CURRENT_USER');
    await target.sql('DROP OWNED BY bot');
    await target.sql(`DROP ROLE bot; CREATE ROLE bot ${BOT}`);
    await target.sql('ALTER DATABASE elevate OWNER TO bot; GRANT pg_signal_backend TO bot WITH INHERIT TRUE');
    await target.sql('GRANT admins TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    world.proxy.cut();
    await end(id);
    expect(await grantOf(id)).toEqual(ENDED);
  });

  it('Elevate’s own role, renamed while another one takes its name: it says which one can take the access away', async () => {
    const { id, login } = await one();
    await target.sql('ALTER ROLE bot RENAME TO bot_before');
    await target.sql(`CREATE ROLE bot ${BOT}; GRANT CONNECT ON DATABASE elevate TO bot`);
    await target.sql('GRANT admins TO bot WITH ADMIN TRUE, INHERIT FALSE, SET FALSE');
    world.proxy.cut();
    try {
      await end(id);
      expect(await grantOf(id)).toMatchObject({
        status: 'revoking',
        lastErrorKind: 'permanent',
        lastError: expect.stringContaining('only that one can take it away'),
      });
    } finally {
      await target.sql('DROP OWNED BY bot; DROP ROLE bot; ALTER ROLE bot_before RENAME TO bot');
      await target.sql(`ALTER ROLE bot ${BOT}`);
      world.proxy.cut();
    }
    await end(id);
    expect([await grantOf(id), await world.holders(), login]).toEqual([ENDED, [], login]);
  });
});
