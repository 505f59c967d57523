import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Limits } from '../../src/connectors/postgres/limits.ts';
import { openPostgres } from '../../src/connectors/postgres.ts';
import type { Connector, Holding } from '../../src/usecases/ports.ts';
import type { AccessUnderTest, ConnectorHarness, SessionUnderTest } from './connector-harness.ts';
import { SUPERUSER, SUPERUSER_PASSWORD, startTargetPostgres, type TargetPostgres } from './target-postgres.ts';
import { startTargetProxy, type TargetProxy } from './target-proxy.ts';

/** The real ones' proportions, in a hurry. */
export const QUICK: Limits = {
  statementMs: 2_500,
  lockMs: 2_000,
  idleMs: 800,
  clientCheckMs: 100,
  connectMs: 1_500,
  answerMs: 3_500,
  sessionsMs: 3_000,
  queueMs: 5_000,
  keepMs: 300,
  connections: 4,
};

/** Needs encoding in a URL, and must never be seen again. */
const BOT_PASSWORD = 'b@t/pass:word?#%';
const PASSWORD = 'a-password';
const WAIT_MS = 10_000;

export interface PostgresNames {
  readonly bot: string;
  readonly role: string;
  readonly subject: string;
  readonly dba: string;
}

export interface PostgresAccess extends AccessUnderTest {
  readonly names: PostgresNames;
  readonly url: string;
}

export interface PostgresHarness extends ConnectorHarness {
  access(names?: 'plain' | 'awkward'): Promise<PostgresAccess>;
  target(): TargetPostgres;
  superuser(): readonly [user: string, password: string];
}

export function postgresHarness(): PostgresHarness {
  const closing: (() => Promise<unknown>)[] = [];
  let target: TargetPostgres | null = null;
  let another: TargetPostgres | null = null;
  let made = 0;

  const here = (): TargetPostgres => {
    if (!target) throw new Error('The harness was not started');
    return target;
  };

  async function elsewhere(): Promise<TargetPostgres> {
    if (another) return another;
    another = await startTargetPostgres();
    await prepareServer(another);
    return another;
  }

  return {
    type: 'postgres',
    target: here,
    superuser: () => [SUPERUSER, SUPERUSER_PASSWORD],
    async start() {
      target = await startTargetPostgres();
      await prepareServer(target);
      // Another server then always has at least one oid to spend before it gives the same ones.
      await spendOids(target, 0);
    },
    async stop() {
      for (const close of closing.splice(0).reverse()) await close();
      await another?.stop();
      await target?.stop();
    },
    async access(kind = 'plain') {
      made += 1;
      const names = kind === 'plain' ? plain(made) : awkward(made);
      await prepareAccess(here(), names);
      const proxy = await startTargetProxy(here().port);
      closing.push(() => proxy.close());
      return underTest(here(), elsewhere, proxy, names, (connector) => closing.push(() => connector.close()));
    },
  };
}

const plain = (n: number): PostgresNames => ({
  bot: `bot_${n}`,
  role: `orders_admin_${n}`,
  subject: `dev_${n}`,
  dba: `dba_${n}`,
});
const awkward = (n: number): PostgresNames => ({
  bot: `Bot "${n}" ü`,
  role: `Orders "Admin"; DROP ${n}`,
  subject: `dev.müller'${n}"@example.com`,
  dba: `dba ${n}`,
});

/** A database of the bot's own, as docs/postgresql.md advises. */
async function prepareServer({ sql }: TargetPostgres): Promise<void> {
  await sql('CREATE DATABASE elevate');
  await sql('REVOKE CONNECT ON DATABASE elevate FROM PUBLIC');
}

async function prepareAccess({ sql }: TargetPostgres, names: PostgresNames): Promise<void> {
  const [bot, role, subject, dba] = [names.bot, names.role, names.subject, names.dba].map(pg.escapeIdentifier);
  await sql(`CREATE ROLE ${role} NOLOGIN`);
  await sql(`CREATE TABLE ${role} AS SELECT 1 AS guarded`);
  await sql(`GRANT SELECT ON ${role} TO ${role}`);
  await sql(`CREATE ROLE ${subject} LOGIN PASSWORD '${PASSWORD}'`);
  await sql(`CREATE ROLE ${dba} LOGIN PASSWORD '${PASSWORD}'`);
  await sql(`GRANT ${role} TO ${dba} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  await sql(`CREATE ROLE ${bot} LOGIN PASSWORD '${BOT_PASSWORD}'`);
  await sql(`GRANT CONNECT ON DATABASE elevate TO ${bot}`);
  await sql(`GRANT ${role} TO ${bot} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  await sql(`GRANT pg_signal_backend TO ${bot} WITH INHERIT TRUE`);
}

async function underTest(
  target: TargetPostgres,
  elsewhere: () => Promise<TargetPostgres>,
  proxy: TargetProxy,
  names: PostgresNames,
  opened: (connector: Connector) => void,
): Promise<PostgresAccess> {
  const { sql } = target;
  const [bot, role, dba] = [names.bot, names.role, names.dba].map(pg.escapeIdentifier);
  const url = `postgres://${encodeURIComponent(names.bot)}:${encodeURIComponent(BOT_PASSWORD)}@127.0.0.1:${proxy.port}/elevate`;
  let subject = names.subject;
  let subjectOid = await oidOf(target, subject);
  const roleOid = await oidOf(target, names.role);
  const quotedSubject = () => pg.escapeIdentifier(subject);

  let others = 0;
  const asBot = async (statement: string): Promise<void> => {
    const client = await target.connect(names.bot, BOT_PASSWORD, 'elevate');
    await client.query(statement);
    await client.end();
  };

  return {
    names,
    url,
    entitlement: { role: names.role },
    overlapping: { role: names.role, inherit: true, set: false },
    subject: names.subject,
    secrets: [BOT_PASSWORD, encodeURIComponent(BOT_PASSWORD), url],
    async another() {
      others += 1;
      const other = `${names.subject} ${others}`;
      await sql(`CREATE ROLE ${pg.escapeIdentifier(other)} LOGIN PASSWORD '${PASSWORD}'`);
      return underTest(target, elsewhere, proxy, { ...names, subject: other }, opened);
    },
    async entangle() {
      // Who was given ADMIN OPTION has handed the role on: PostgreSQL takes it away only with what depends on it.
      await asBot(`GRANT ${role} TO ${quotedSubject()} WITH ADMIN TRUE`);
      const friend = pg.escapeIdentifier(`friend of ${subject}`);
      await sql(`CREATE ROLE ${friend}`);
      await sql(`GRANT ${role} TO ${friend} GRANTED BY ${quotedSubject()}`);
    },
    open() {
      const connector = openPostgres(
        'orders-pg',
        { url: `\${ORDERS_DB_URL}` },
        { limits: QUICK, env: { ORDERS_DB_URL: url } },
      );
      opened(connector);
      return connector;
    },
    async held() {
      const rows = await sql<Row>(HELD, [roleOid, subjectOid]);
      const level = ({ admin, inherit, set }: Row) => ({ admin, inherit, set });
      const ours = rows.find((row) => row.grantor === names.bot);
      const others = rows.filter((row) => row.grantor !== names.bot);
      const holding: Holding = {
        ours: ours ? level(ours) : null,
        others: others.map((row) => ({ grantor: row.grantor, level: level(row) })),
      };
      return holding;
    },
    async works() {
      const client = await target.connect(subject, PASSWORD);
      const can = await reads(client, role ?? '');
      await client.end();
      return can;
    },
    async holdBefore(level) {
      const other = level === 'other';
      await asBot(`GRANT ${role} TO ${quotedSubject()} WITH ADMIN ${other}, INHERIT ${!other}, SET ${!other}`);
      return { admin: other, inherit: !other, set: !other };
    },
    async removeByHand() {
      // As a superuser, who may revoke in the name of any grantor.
      await sql(`REVOKE ${role} FROM ${quotedSubject()} GRANTED BY ${bot}`);
    },
    async grantByAnother() {
      await sql(`GRANT ${role} TO ${quotedSubject()} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE GRANTED BY ${dba}`);
    },
    async renameSubject() {
      const renamed = `${subject} renamed`;
      await sql(`ALTER ROLE ${quotedSubject()} RENAME TO ${pg.escapeIdentifier(renamed)}`);
      subject = renamed;
    },
    async recreateSubject() {
      await sql(`DROP ROLE ${quotedSubject()}`);
      await sql(`CREATE ROLE ${quotedSubject()} LOGIN PASSWORD '${PASSWORD}'`);
      subjectOid = await oidOf(target, subject);
      await asBot(`GRANT ${role} TO ${quotedSubject()} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE`);
    },
    async forbid() {
      await sql(`REVOKE ADMIN OPTION FOR ${role} FROM ${bot} CASCADE`);
    },
    async block() {
      const holder = `blocker_${roleOid}`;
      await sql(`CREATE ROLE ${holder} SUPERUSER LOGIN PASSWORD '${PASSWORD}'`);
      const client = await target.connect(holder, PASSWORD);
      await client.query('BEGIN');
      await client.query(`GRANT ${role} TO ${holder}`);
      return async () => {
        await client.query('ROLLBACK');
        await client.end();
      };
    },
    somebodyWaits: () =>
      until('somebody waits for the lock', async () => {
        const waiting = await sql(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::oid AND NOT granted`,
          [roleOid],
        );
        return waiting.length > 0;
      }),
    quiet: () =>
      until('nothing is under way', async () => {
        const busy = await sql(
          `SELECT FROM pg_stat_activity a WHERE usename = $1 AND (state <> 'idle' OR EXISTS
             (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))`,
          [names.bot],
        );
        return busy.length === 0;
      }),
    async allowToObserve() {
      await sql(`GRANT pg_read_all_stats TO ${bot}`);
    },
    async openSession() {
      const client = await target.connect(subject, PASSWORD);
      await client.query(`SET ROLE ${role}`);
      return sessionUnderTest(client, role ?? '');
    },
    network: {
      down() {
        proxy.meet('refuse');
        proxy.cut();
      },
      up: () => proxy.meet('pass'),
      silence() {
        proxy.meet('silent');
        proxy.cut();
      },
      slow: (milliseconds) => proxy.delay(milliseconds),
      async anotherServer() {
        const other = await elsewhere();
        await spendOids(other, Number(roleOid) - 1);
        await prepareAccess(other, names);
        const same = [await oidOf(other, names.role), await oidOf(other, subject)];
        if (same.join() !== [roleOid, subjectOid].join()) throw new Error('The other server gave other oids');
        proxy.pointTo(other.port);
        proxy.cut();
      },
      failNextChange: (fault) => proxy.failNext('COMMIT', fault),
      changeCame: () => proxy.failed(),
      release: () => proxy.release(),
      crash: () => proxy.cut(),
    },
  };
}

/** Makes the next oid of a server be the one after `last`: then only its identity tells it from another. */
async function spendOids({ sql }: TargetPostgres, last: number): Promise<void> {
  await sql(`DO $$ DECLARE made oid; BEGIN LOOP
    CREATE ROLE spent_oid;
    SELECT oid INTO made FROM pg_roles WHERE rolname = 'spent_oid';
    DROP ROLE spent_oid;
    EXIT WHEN made >= ${last};
  END LOOP; END $$`);
}

type Row = { grantor: string; admin: boolean; inherit: boolean; set: boolean };
const HELD = `
  SELECT g.rolname AS grantor, m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
    FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.grantor WHERE m.roleid = $1::oid AND m.member = $2::oid ORDER BY m.grantor`;

async function oidOf({ sql }: TargetPostgres, role: string): Promise<string> {
  const [row] = await sql<{ oid: string }>('SELECT oid::text AS oid FROM pg_roles WHERE rolname = $1', [role]);
  if (!row) throw new Error(`There is no role ${role}`);
  return row.oid;
}

function sessionUnderTest(client: pg.Client, table: string): SessionUnderTest {
  return {
    works: () => reads(client, table),
    alive: () =>
      client.query('SELECT 1').then(
        () => true,
        () => false,
      ),
  };
}

async function reads(client: pg.Client, table: string): Promise<boolean> {
  try {
    await client.query(`SELECT guarded FROM ${table}`);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') return false;
    throw error;
  }
}

/** Looks until it is so, and fails after a while instead of hanging. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`Waited ${WAIT_MS} ms in vain until ${what}`);
    await wait(20);
  }
}
