import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startEmbedded } from '../store/embedded.ts';
import { withClient } from '../store/with-client.ts';

export interface TargetOptions {
  /** Where its data lies; kept for the next start. */
  readonly directory: string;
  /** Login roles that stand for people on the target. */
  readonly people: readonly string[];
  /** Takes away what an earlier start left people with. */
  readonly fresh?: boolean;
  readonly settings?: { readonly [name: string]: string };
}

export interface Target {
  /** The bot's own address: for ORDERS_DB_URL. */
  readonly botUrl: string;
  /** The administrator's. */
  readonly adminUrl: string;
  /** The address of somebody's own login. */
  personUrl(name: string): string;
  stop(): Promise<void>;
}

/** Persona of the local workspace -> login on the target: the part of the address before the @, as the policies' `subject` says. */
export const LOGINS: Readonly<Record<string, string>> = {
  dev: 'dana',
  dev2: 'theo',
  dba: 'bo',
  dba2: 'priya',
  security: 'sam',
  sre: 'ren',
};

const DATABASE = 'orders';
const BOT = 'elevate_bot';
/** The embedded server's own first database: only the bot may connect to it, so nobody else can take the locks it works under. */
const BOT_DATABASE = 'elevate';
/** What the example policy hands out: role name and what it may do with the guarded tables. */
const ROLES = { orders_admin: 'ALL', orders_read: 'SELECT' } as const;

/**
 * A database server to elevate people on: tables that nobody may read, roles that may, login roles for people, and the bot's
 * role as docs/postgresql.md sets it up. Every start makes the passwords anew and leaves memberships as they are.
 */
export async function startTarget(options: TargetOptions): Promise<Target> {
  const cluster = await startEmbedded({ directory: options.directory, settings: options.settings ?? {} });
  const password = randomBytes(18).toString('base64url');
  const addressOf = (user: string, database: string): string => {
    const url = new URL(cluster.url);
    url.username = user;
    url.password = password;
    url.pathname = `/${database}`;
    return url.href;
  };
  const adminUrl = new URL(cluster.url);
  try {
    await withClient(cluster.url, async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    });
    adminUrl.pathname = `/${DATABASE}`;
    await withClient(adminUrl.href, async (client) => {
      await furnish(client, options.people, password);
      if (options.fresh) await takeEverythingAway(client, options.people);
    });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return {
    botUrl: addressOf(BOT, BOT_DATABASE),
    adminUrl: adminUrl.href,
    personUrl: (name) => addressOf(name, DATABASE),
    stop: () => cluster.stop(),
  };
}

async function furnish(client: pg.Client, people: readonly string[], password: string): Promise<void> {
  const secret = pg.escapeLiteral(password);
  await client.query(
    `CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, customer text NOT NULL, total numeric(10, 2) NOT NULL, state text NOT NULL)`,
  );
  await client.query(
    `INSERT INTO orders VALUES (1001, 'Ada Park', 129.00, 'stuck'), (1002, 'Luis Roth', 48.50, 'paid'), (1003, 'Mina Osei', 310.20, 'stuck')
     ON CONFLICT DO NOTHING`,
  );
  await client.query('REVOKE ALL ON orders FROM PUBLIC');
  // Without the limit that an earlier demo may have left, which is how a target goes down there.
  await ensureRole(client, BOT, `LOGIN PASSWORD ${secret} CONNECTION LIMIT -1`);
  await client.query(`REVOKE CONNECT ON DATABASE ${BOT_DATABASE} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${BOT_DATABASE} TO ${BOT}`);
  // To end the sessions of people whose access has ended (PostgreSQL documentation, Predefined Roles).
  await client.query(`GRANT pg_signal_backend TO ${BOT}`);
  // To see whether they use it.
  await client.query(`GRANT pg_read_all_stats TO ${BOT}`);
  await client.query(`GRANT EXECUTE ON FUNCTION pg_control_system() TO ${BOT}`);
  for (const [role, privilege] of Object.entries(ROLES)) {
    await ensureRole(client, role, 'NOLOGIN');
    await client.query(`GRANT ${privilege} ON orders TO ${role}`);
    await client.query(`GRANT ${role} TO ${BOT} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE`);
  }
  for (const name of people) await ensureRole(client, name, `LOGIN PASSWORD ${secret}`);
}

/** CREATE ROLE has no IF NOT EXISTS; a role that is there gets the options, so that its password is this start's. */
async function ensureRole(client: pg.Client, name: string, options: string): Promise<void> {
  const role = pg.escapeIdentifier(name);
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} ${options}`);
}

/** Every membership of the people, whoever gave it. */
export async function takeEverythingAway(client: pg.Client, people: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ role: string; member: string; grantor: string }>(
    `SELECT r.rolname AS role, m.rolname AS member, g.rolname AS grantor
       FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
       JOIN pg_roles g ON g.oid = a.grantor WHERE m.rolname = ANY($1)`,
    [people],
  );
  for (const { role, member, grantor } of rows) {
    const [from, by] = [pg.escapeIdentifier(member), pg.escapeIdentifier(grantor)];
    await client.query(`REVOKE ${pg.escapeIdentifier(role)} FROM ${from} GRANTED BY ${by}`);
  }
}
