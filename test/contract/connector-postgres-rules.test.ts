import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LIMITS } from '../../src/connectors/postgres/limits.ts';
import { openPostgres } from '../../src/connectors/postgres.ts';
import type { AccessOnTarget, Connector, ConnectorFinding } from '../../src/usecases/ports.ts';
import { type PostgresAccess, postgresHarness, QUICK } from '../support/connector-postgres.ts';

const harness = postgresHarness();
const opened: Connector[] = [];
const EXPIRES = { expiresAt: new Date('2100-01-01T00:00:00Z') };
const q = pg.escapeIdentifier;

function open(url: string, limits = QUICK): Connector {
  const connector = openPostgres('orders-pg', { url: `\${ORDERS_DB_URL}` }, { limits, env: { ORDERS_DB_URL: url } });
  opened.push(connector);
  return connector;
}

async function on(connector: Connector, access: PostgresAccess): Promise<AccessOnTarget> {
  const { entitlement, subject } = access;
  return { entitlement, subject, resolved: await connector.resolve(entitlement, subject) };
}

const check = (connector: Connector, access: PostgresAccess, endSessions = true) =>
  connector.check([{ entitlement: access.entitlement, endSessions }]);

beforeAll(() => harness.start(), 60_000);
afterAll(async () => {
  for (const connector of opened) await connector.close();
  await harness.stop();
}, 30_000);

describe('check() on PostgreSQL', () => {
  /** Each makes something wrong; what check() says to run must put it right again. */
  const wrongs: readonly [
    what: string,
    severity: ConnectorFinding['severity'],
    make: (a: PostgresAccess) => readonly string[],
  ][] = [
    ['a superuser', 'error', ({ names }) => [`ALTER ROLE ${q(names.bot)} SUPERUSER`]],
    ['CREATEROLE', 'error', ({ names }) => [`ALTER ROLE ${q(names.bot)} CREATEROLE`]],
    ['more attributes', 'error', ({ names }) => [`ALTER ROLE ${q(names.bot)} BYPASSRLS REPLICATION CREATEDB`]],
    ['a shared grantor', 'error', ({ names }) => [`GRANT ${q(names.bot)} TO ${q(names.dba)}`]],
    ['no ADMIN OPTION', 'error', ({ names }) => [`REVOKE ${q(names.role)} FROM ${q(names.bot)}`]],
    [
      'ADMIN OPTION through another role only',
      'error',
      ({ names }) => [
        `REVOKE ${q(names.role)} FROM ${q(names.bot)}`,
        `CREATE ROLE group_of_${names.bot}`,
        `GRANT group_of_${names.bot} TO pg_monitor`,
        `GRANT ${q(names.role)} TO group_of_${names.bot} WITH ADMIN TRUE`,
        `GRANT pg_monitor TO ${q(names.bot)}`,
      ],
    ],
    ['no right to end sessions', 'error', ({ names }) => [`REVOKE pg_signal_backend FROM ${q(names.bot)}`]],
    [
      'rights of the role itself',
      'warning',
      ({ names }) => [`GRANT ${q(names.role)} TO ${q(names.bot)} WITH INHERIT TRUE, SET TRUE`],
    ],
    ['a membership too many', 'warning', ({ names }) => [`GRANT pg_read_all_data TO ${q(names.bot)}`]],
    ['a superuser as what is offered', 'error', ({ names }) => [`ALTER ROLE ${q(names.role)} SUPERUSER`]],
    ['CREATEROLE as what is offered', 'warning', ({ names }) => [`ALTER ROLE ${q(names.role)} CREATEROLE`]],
  ];

  it.each(wrongs)('finds %s, and its fix fixes it', async (_, severity, make) => {
    const access = await harness.access();
    const { sql } = harness.target();
    for (const statement of make(access)) await sql(statement);
    const findings = await check(open(access.url), access);
    expect(findings.map((finding) => finding.severity)).toEqual([severity]);
    for (const finding of findings) await sql(finding.fix.replace(/.*; or: /, ''));
    expect(await check(open(access.url), access)).toEqual([]);
  });

  it('finds that it may not see use, where the policy asks for it, and its fix fixes it', async () => {
    const access = await harness.access();
    const wanted = [{ entitlement: access.entitlement, endSessions: true, observeUse: true }];
    const findings = await open(access.url).check(wanted);
    expect(findings.map((finding) => [finding.severity, finding.message.includes('unused_after')])).toEqual([
      ['error', true],
    ]);
    for (const finding of findings) await harness.target().sql(finding.fix);
    expect(await open(access.url).check(wanted)).toEqual([]);
  });

  it('finds a database that everybody may connect to', async () => {
    const access = await harness.access();
    const findings = await check(open(access.url.replace(/elevate$/, 'postgres')), access);
    expect(findings.map((finding) => [finding.severity, finding.message.includes('advisory locks')])).toEqual([
      ['warning', true],
    ]);
  });

  it('finds a role that is given at two levels, of which the greater one lasts as long as the other', async () => {
    const access = await harness.access();
    const { role } = access.names;
    const given = (...levels: readonly object[]) =>
      open(access.url).check(levels.map((level) => ({ entitlement: { role, ...level }, endSessions: true })));
    expect(await given({ inherit: false }, { inherit: false })).toEqual([]);
    expect(await given({}, { inherit: false })).toEqual([
      {
        severity: 'warning',
        message: expect.stringMatching(/at 2 levels \(inherit true, set true; inherit false, set true\)/),
        fix: expect.stringContaining('the same inherit and set'),
      },
    ]);
  });

  it('finds a role that does not exist, and a right to end sessions that nobody asked for', async () => {
    const access = await harness.access();
    const connector = open(access.url);
    const findings = await connector.check([{ entitlement: { role: 'no such role' }, endSessions: false }]);
    expect(findings.map((finding) => finding.severity)).toEqual(['error', 'warning', 'warning']);
    expect(findings[0]?.message).toContain('no such role');
  });

  it('finds that it may not read which server this is, and refuses to work until it may', async () => {
    const access = await harness.access();
    const database = await harness.target().connect(...harness.superuser(), 'elevate');
    await database.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
    try {
      const connector = open(access.url);
      const findings = await check(connector, access);
      expect(findings).toHaveLength(1);
      await expect(connector.identify()).rejects.toMatchObject({ kind: 'permanent' });
      for (const finding of findings) await database.query(finding.fix);
      expect(await check(open(access.url), access)).toEqual([]);
    } finally {
      await database.query('GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC');
    }
  });

  it('finds a login that is turned into another role', async () => {
    const access = await harness.access();
    const { bot, dba } = access.names;
    await harness.target().sql(`GRANT ${q(dba)} TO ${q(bot)} WITH INHERIT FALSE, SET TRUE`);
    await harness.target().sql(`ALTER ROLE ${q(bot)} SET role = ${q(dba)}`);
    const connector = open(access.url);
    const findings = await check(connector, access);
    expect(findings.some((finding) => finding.fix.includes('RESET role'))).toBe(true);
    await expect(connector.identify()).rejects.toMatchObject({ kind: 'permanent' });
  });
});

describe('docs/postgresql.md', () => {
  it('sets up a target that check() finds nothing wrong with', async () => {
    const page = await readFile(new URL('../../docs/postgresql.md', import.meta.url), 'utf8');
    const setUp = /```sql\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    // The harness has made the database of that name already.
    const statements = setUp.replace(/--.*$/gm, '').replace('CREATE DATABASE elevate;', '').split(';');
    await harness.target().sql('CREATE ROLE orders_admin');
    for (const statement of statements) await harness.target().sql(statement);
    const access = await harness.access();
    const connector = open(access.url.replace(/\/\/.*@/, '//elevate_bot:a%20long%20random%20password@'));
    expect(await connector.check([{ entitlement: { role: 'orders_admin' }, endSessions: true }])).toEqual([]);
  });
});

describe('a grantor of our own on PostgreSQL', () => {
  it('gives nothing as a superuser, and still takes away only its own after it became one', async () => {
    const access = await harness.access();
    const connector = open(access.url);
    const target = await on(connector, access);
    await connector.exclusively(target, (session) => session.grant(EXPIRES));
    await access.grantByAnother();
    await harness.target().sql(`ALTER ROLE ${q(access.names.bot)} SUPERUSER`);
    const promoted = open(access.url);
    await expect(promoted.resolve(access.entitlement, access.subject)).rejects.toMatchObject({ kind: 'permanent' });
    await expect(promoted.exclusively(target, (session) => session.grant(EXPIRES))).rejects.toMatchObject({
      kind: 'permanent',
    });
    await promoted.exclusively(target, (session) => session.revoke(null));
    const held = await access.held();
    expect(held.ours).toBeNull();
    expect(held.others.map((other) => other.grantor)).toEqual([access.names.dba]);
  });

  it('keeps two bots on one server apart, and lets neither end for the other', async () => {
    const access = await harness.access();
    const other = await harness.access();
    await harness.target().sql(`GRANT ${q(access.names.role)} TO ${q(other.names.bot)} WITH ADMIN TRUE`);
    const [first, second] = [open(access.url), open(other.url)];
    const target = await on(first, access);
    expect((await on(second, access)).resolved.key).not.toBe(target.resolved.key);
    await first.exclusively(target, (session) => session.grant(EXPIRES));
    await expect(second.exclusively(target, (session) => session.revoke(null))).rejects.toMatchObject({
      kind: 'permanent',
    });
    expect(await second.exclusivelyMany?.([target], async ({ held }) => [...held])).toEqual([]);
    await expect(second.inUse(target, 60)).rejects.toMatchObject({ kind: 'permanent' });
    expect(await access.works()).toBe(true);
  });

  it('takes nothing from what the subject held before while an elevation lasts', async () => {
    const access = await harness.access();
    await access.holdBefore('other');
    const connector = open(access.url);
    const during = await connector.exclusively(await on(connector, access), async (session) => {
      await session.grant(EXPIRES);
      return session.observe();
    });
    expect(during.ours).toEqual({ admin: true, inherit: true, set: true });
  });

  it('refuses itself as a subject', async () => {
    const access = await harness.access();
    const resolving = open(access.url).resolve(access.entitlement, access.names.bot);
    await expect(resolving).rejects.toMatchObject({ kind: 'permanent' });
  });

  it('does not restore to a subject that is gone, and says so', async () => {
    const access = await harness.access();
    const connector = open(access.url);
    const before = await access.holdBefore('same');
    const target = await on(connector, access);
    await harness.target().sql(`DROP ROLE ${q(access.subject)}`);
    const { revoke, nothing } = await connector.exclusively(target, async (session) => ({
      revoke: await session.revoke(before).catch((error: unknown) => error),
      nothing: await session.revoke(null),
    }));
    expect(revoke).toMatchObject({ kind: 'permanent' });
    expect(nothing).toContain('no membership');
  });
});

describe('the lock of an access on PostgreSQL', () => {
  it('holds across databases of one server', async () => {
    const access = await harness.access();
    const [here, elsewhere] = [open(access.url), open(access.url.replace(/elevate$/, 'postgres'))];
    const target = await on(here, access);
    await here.exclusively(target, async () => {
      await expect(elsewhere.exclusively(target, async () => 'in')).rejects.toMatchObject({ kind: 'transient' });
    });
    expect(await elsewhere.exclusively(target, async () => 'in')).toBe('in');
  });

  it('names a stranger who holds it', async () => {
    const access = await harness.access();
    const connector = open(access.url.replace(/elevate$/, 'postgres'));
    const target = await on(connector, access);
    const { names, stranger } = {
      names: access.names,
      stranger: await harness.target().connect(access.subject, 'a-password'),
    };
    const [role, member] = [/^role (\d+)/.exec(target.resolved.entitlementId)?.[1], target.resolved.subjectId];
    await stranger.query('SELECT pg_advisory_lock($1, $2)', [Number(role), Number(member)]);
    await expect(connector.exclusively(target, async () => undefined)).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining(names.subject),
    });
    await stranger.end();
    await connector.exclusively(target, async () => undefined);
  });

  it('lets many accesses go on at once, a few connections at a time', async () => {
    const access = await harness.access();
    const connector = open(access.url, { ...LIMITS, connections: 2 });
    const target = await on(connector, access);
    const others = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const subject = `crowd_${n}`;
        await harness.target().sql(`CREATE ROLE ${subject}`);
        return { ...target, subject, resolved: await connector.resolve(access.entitlement, subject) };
      }),
    );
    let inside = 0;
    let most = 0;
    let together = (): void => {};
    const two = new Promise<void>((resolve) => {
      together = resolve;
    });
    await Promise.all(
      others.map((other) =>
        connector.exclusively(other, async (session) => {
          inside += 1;
          most = Math.max(most, inside);
          if (inside === 2) together();
          await two;
          await session.grant(EXPIRES);
          inside -= 1;
        }),
      ),
    );
    expect(most).toBe(2);
    expect((await connector.listHolders(access.entitlement)).holders.filter((holder) => holder.ours)).toHaveLength(6);
  });
});

describe('use on PostgreSQL', () => {
  const LONG = 3_600;

  async function observed() {
    const access = await harness.access();
    await harness.target().sql(`GRANT pg_read_all_stats TO ${q(access.names.bot)}`);
    const connector = open(access.url);
    return { access, connector, target: await on(connector, access) };
  }

  it('is a session of who has the right through the subject, and of nobody else', async () => {
    const { access, connector, target } = await observed();
    const { sql, connect } = harness.target();
    await sql(`CREATE ROLE uses_through LOGIN PASSWORD 'x'`);
    await sql(`GRANT ${q(access.subject)} TO uses_through`);
    await sql(`CREATE ROLE uses_nothing LOGIN PASSWORD 'x'`);
    await connect('uses_nothing', 'x');
    expect(await connector.inUse(target, LONG)).toBe(false);
    await connect('uses_through', 'x');
    expect(await connector.inUse(target, LONG)).toBe(true);
  });

  it('is not a session that only stays open from before, until it does something', async () => {
    const { access, connector, target } = await observed();
    await connector.exclusively(target, (session) => session.grant(EXPIRES));
    const session = await access.openSession();
    const since = performance.now();
    await harness.target().sql('SELECT pg_sleep(0.3)');
    const within = (): number => (performance.now() - since) / 1000;
    expect(await connector.inUse(target, within() - 0.1)).toBe(false);
    await session.works();
    expect(await connector.inUse(target, within() - 0.1)).toBe(true);
  });

  it('that it may not see is a permanent error that says what to run, and never looks like no use', async () => {
    const access = await harness.access();
    const connector = open(access.url);
    const target = await on(connector, access);
    expect(await connector.inUse(target, LONG)).toBe(false);
    await connector.exclusively(target, (session) => session.grant(EXPIRES));
    await access.openSession();
    await expect(connector.inUse(target, LONG)).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining('GRANT pg_read_all_stats'),
    });
  });
});

describe('sessions on PostgreSQL', () => {
  it('are ended for who has the right through the subject, and for nobody else', async () => {
    const access = await harness.access();
    const { sql, connect } = harness.target();
    for (const who of ['teammate', 'administrator', 'stranger']) await sql(`CREATE ROLE ${who} LOGIN PASSWORD 'x'`);
    await sql(`GRANT ${q(access.subject)} TO teammate`);
    await sql(`GRANT ${q(access.subject)} TO administrator WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
    const connector = open(access.url);
    const target = await on(connector, access);
    await connector.exclusively(target, (session) => session.grant(EXPIRES));
    const teammate = await connect('teammate', 'x');
    await teammate.query(`SET ROLE ${q(access.names.role)}`);
    const others = [await connect('administrator', 'x'), await connect('stranger', 'x')];
    const ended = await connector.exclusively(target, async (session) => {
      await session.revoke(null);
      // Without the ending, a session that had set the role keeps it.
      expect((await teammate.query('SELECT current_user AS who')).rows).toEqual([{ who: access.names.role }]);
      return session.endSessions();
    });
    expect(ended).toEqual({ ended: 1, left: 0 });
    await expect(teammate.query('SELECT 1')).rejects.toThrow();
    for (const other of others) expect((await other.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('that may not be ended are a permanent error', async () => {
    const access = await harness.access();
    await harness.target().sql(`REVOKE pg_signal_backend FROM ${q(access.names.bot)}`);
    const connector = open(access.url);
    const target = await on(connector, access);
    await connector.exclusively(target, (session) => session.grant(EXPIRES));
    await access.openSession();
    await expect(connector.exclusively(target, (session) => session.endSessions())).rejects.toMatchObject({
      kind: 'permanent',
    });
  });
});

describe('a login on PostgreSQL', () => {
  it('with a wrong password is permanent, and keeps the password to itself', async () => {
    const access = await harness.access();
    const wrong = 'not-the-right-one';
    const connector = open(access.url.replace(/:[^:@]+@/, `:${wrong}@`));
    await expect(connector.identify()).rejects.toMatchObject({
      kind: 'permanent',
      message: expect.not.stringContaining(wrong),
    });
    const [finding] = await check(connector, access);
    expect(finding).toMatchObject({ severity: 'error', message: expect.stringContaining('28P01') });
  });

  it('without a free connection is transient', async () => {
    const access = await harness.access();
    await harness.target().sql(`ALTER ROLE ${q(access.names.bot)} CONNECTION LIMIT 0`);
    await expect(open(access.url).identify()).rejects.toMatchObject({ kind: 'transient' });
  });

  it('to a database that does not exist is permanent', async () => {
    const access = await harness.access();
    await expect(open(access.url.replace(/elevate$/, 'nowhere')).identify()).rejects.toMatchObject({
      kind: 'permanent',
    });
  });

  it('over TLS to a server without it is permanent', async () => {
    const access = await harness.access();
    await expect(open(`${access.url}?sslmode=verify-full`).identify()).rejects.toMatchObject({ kind: 'permanent' });
  });

  it('is kept for the next call, and made anew when the server ended it', async () => {
    const access = await harness.access();
    const connector = open(access.url);
    await connector.identify();
    await harness
      .target()
      .sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [access.names.bot]);
    expect(await connector.identify()).toMatch(/^postgresql:\d+$/);
  });
});
