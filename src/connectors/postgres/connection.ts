import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import pg from 'pg';
import { statementName } from '../../statement-name.ts';
import { Outage } from '../../usecases/ports.ts';
import { outageFrom, type Sent } from './errors.ts';
import { type Limits, OLDEST_VERSION } from './limits.ts';

/** Where a connector leads, with every secret resolved. It never leaves this folder. */
export interface Destination {
  /** The connector's name in the policy. */
  readonly name: string;
  readonly url: string;
  readonly limits: Limits;
  /** Replaces secret values that somehow got into a text. */
  readonly redact: (text: string) => string;
}

/** Who we are and what we talk to, as of the connection's start. */
export type Server = {
  /** As in `server_version_num`: 160004. */
  readonly version: number;
  /** `system_identifier` of pg_control_system(); null below version 16 or when the role may not read it. */
  readonly identity: string | null;
  readonly standby: boolean;
  readonly database: string;
  /** Oid and name of the role we act as. */
  readonly roleId: string;
  readonly role: string;
  readonly superuser: boolean;
  /** Whether the role we act as is the one we logged in as. */
  readonly actsAsItself: boolean;
};

/** One connection, with the server's own time limits set. Every method throws `Outage`. */
export interface Connection {
  readonly server: Server;
  /** What only this connection's backend knows, in the setting `elevate.connection`: a pooler that moves us is found by it. */
  readonly token: string;
  /** False once it failed or was closed: it must not be used again. */
  readonly usable: boolean;
  /** Runs one statement. `doing` begins the message when it fails. */
  query<Row extends pg.QueryResultRow>(doing: string, text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Commits, or throws; only here a failure can leave the outcome unknown. */
  commit(doing: string): Promise<void>;
  /** The notices and warnings since the last call. */
  takeNotices(): readonly string[];
  /** Never throws. */
  close(): Promise<void>;
}

export const TOKEN_SETTING = 'elevate.connection';
/** The first version that has `transaction_timeout`, which ends the session. */
const TRANSACTION_TIMEOUT_SINCE = 170_000;

/**
 * Sets the limits for this session, whatever the URL, the role's or the server's own settings say, and asks who is who. What is taken away
 * is on the primary's own disk before anybody hears of it, also where the server does not wait for that (`synchronous_commit` off); and it
 * waits for no standby, since a COMMIT that waits for one that is gone counts for nobody, holds the role's lock, and has no time limit.
 */
const HELLO = `
  SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby, current_database()::text AS database,
         r.oid::text AS "roleId", r.rolname::text AS role, r.rolsuper AS superuser, session_user = current_user AS "actsAsItself",
         CASE WHEN current_setting('server_version_num')::int >= ${OLDEST_VERSION} THEN
           set_config('statement_timeout', $1, false) || set_config('lock_timeout', $2, false)
           || set_config('idle_session_timeout', $3, false) || set_config('idle_in_transaction_session_timeout', $3, false)
           || set_config('default_transaction_isolation', 'read committed', false)
           || set_config('default_transaction_read_only', 'off', false) || set_config('synchronous_commit', 'local', false)
           || set_config('plan_cache_mode', 'force_generic_plan', false) || set_config('search_path', 'pg_catalog', false) || set_config('${TOKEN_SETTING}', $5, false)
         END,
         CASE WHEN current_setting('server_version_num')::int >= ${TRANSACTION_TIMEOUT_SINCE} THEN
           set_config('transaction_timeout', '0', false) END,
         CASE WHEN current_setting('server_version_num')::int >= ${OLDEST_VERSION} AND version() !~* 'windows|visual c|mingw'
           THEN set_config('client_connection_check_interval', $4, false) END
    FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`;

export async function connect(to: Destination): Promise<Connection> {
  const { limits } = to;
  const socket = new Socket();
  const client = newClient(to, socket);
  const token = randomUUID();
  let lost: unknown = null;
  let notices: string[] = [];
  client.on('error', (error) => {
    lost ??= error;
  });
  client.on('end', () => {
    lost ??= new Error('the connection ended');
  });
  client.on('notice', (notice) => notices.push(to.redact(notice.message ?? '')));

  async function ask<Row extends pg.QueryResultRow>(
    doing: string,
    text: string,
    values: readonly unknown[],
    sent: Sent,
    name = '',
  ) {
    if (lost !== null) throw redacted(to, outageFrom(lost, `${to.name} could not ${doing}`, 'revocable'));
    // A network that swallows everything gives no error; our own deadline does.
    const deadline = setTimeout(() => socket.destroy(timedOut()), limits.answerMs);
    try {
      return await client.query<Row>({ name, text, values: [...values] });
    } catch (error) {
      throw redacted(to, outageFrom(error, `${to.name} could not ${doing}`, sent));
    } finally {
      clearTimeout(deadline);
    }
  }

  async function close(): Promise<void> {
    lost ??= new Error('the connection was closed');
    const deadline = setTimeout(() => socket.destroy(), limits.connectMs);
    await client.end().catch(() => undefined);
    clearTimeout(deadline);
    socket.destroy();
  }

  try {
    await client.connect().catch((error: unknown) => {
      throw redacted(
        to,
        outageFrom(isTimeout(error) ? timedOut() : error, `${to.name} cannot be reached`, 'revocable'),
      );
    });
    const settings = [limits.statementMs, limits.lockMs, limits.idleMs, limits.clientCheckMs].map(String).concat(token);
    const hello = await ask<Omit<Server, 'identity'>>('ask who we are', HELLO, settings, 'revocable');
    const [row] = hello.rows;
    if (!row) throw new Outage('permanent', `${to.name} does not show us our own role in pg_roles`);
    const server: Server = { ...row, identity: await readIdentity(row.version, ask) };
    return {
      server,
      token,
      get usable() {
        return lost === null;
      },
      // What takes values is one of a few fixed texts; the others carry names of roles.
      query: async (doing, text, values = []) =>
        (await ask<never>(doing, text, values, 'revocable', values.length > 0 ? statementName(text) : '')).rows,
      async commit(doing) {
        const { command } = await ask(doing, 'COMMIT', [], 'commit');
        // A transaction that had failed answers a COMMIT with ROLLBACK, and no error.
        if (command !== 'COMMIT')
          throw new Outage('transient', `${to.name} could not ${doing}: the transaction was rolled back`);
      },
      takeNotices() {
        const taken = notices;
        notices = [];
        return taken;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function newClient(to: Destination, socket: Socket): pg.Client {
  // `pipeline`: what is asked for side by side travels together and is carried out in its order.
  const config: pg.ClientConfig & { pipeline: boolean } = {
    connectionString: to.url,
    application_name: 'elevate',
    connectionTimeoutMillis: to.limits.connectMs,
    pipeline: true,
    keepAlive: true,
    stream: () => socket,
  };
  try {
    return new pg.Client(config);
  } catch {
    // The library's own message may quote the URL.
    throw new Outage(
      'permanent',
      `The URL of connector ${to.name} cannot be read. It looks like postgres://user:password@host:5432/database`,
    );
  }
}

/** null where the function does not exist or may not be called: check() tells how to allow it, everything else refuses to go on. */
async function readIdentity(
  version: number,
  ask: (doing: string, text: string, values: readonly unknown[], sent: Sent) => Promise<pg.QueryResult<{ id: string }>>,
): Promise<string | null> {
  if (version < OLDEST_VERSION) return null;
  const allowed = `SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')::text AS id`;
  if ((await ask('look at its own rights', allowed, [], 'revocable')).rows[0]?.id !== 'true') return null;
  const read = 'SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()';
  return (await ask('read its identity', read, [], 'revocable')).rows[0]?.id ?? null;
}

const timedOut = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
const isTimeout = (error: unknown): boolean => error instanceof Error && error.message === 'timeout expired';

function redacted(to: Destination, outage: Outage): Outage {
  const message = to.redact(outage.message);
  return message === outage.message ? outage : new Outage(outage.kind, message);
}
