import pg from 'pg';

export interface PoolSettings extends pg.PoolConfig {
  /** How long an answer may take, in milliseconds: longer than the server itself takes for any statement. */
  readonly query_timeout: number;
  /**
   * Statements that are asked for side by side on one connection travel together and are carried out in their order, instead of each
   * waiting for the answer to the one before it (PostgreSQL documentation, "Pipeline Mode").
   */
  readonly pipeline: boolean;
}

/** What a statement fails with on which nothing answered in time (node-postgres, `query_timeout`). */
const NO_ANSWER = 'Query read timeout';
/** A connection on which nothing was heard for so long is asked by the system whether it still leads somewhere. */
const SILENT_FOR_MS = 10_000;

/**
 * Connections to PostgreSQL, none of which is believed in for longer than it answers. A network that forgot a connection gives no error:
 * whoever asks on it would wait for ever. So a statement without an answer fails in time, its connection is given up, and the unused
 * ones with it, which are as likely to lead nowhere.
 */
export function openPool(settings: PoolSettings): pg.Pool {
  const pool = new pg.Pool({ ...settings, keepAlive: true, keepAliveInitialDelayMillis: SILENT_FOR_MS });
  const unused = new Set<pg.PoolClient>();
  // A connection that breaks while nothing is asked on it is replaced when one is needed. Unheard, its error would end the process.
  pool.on('error', () => {});
  // From its first moment: the server's goodbye may come in the same breath as its welcome.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('acquire', (client) => unused.delete(client));
  pool.on('remove', (client) => unused.delete(client));
  pool.on('release', (error, client) => {
    if (!error) unused.add(client);
    else if (String(error).includes(NO_ANSWER)) {
      for (const each of unused) each.connection.stream.destroy(new Error(NO_ANSWER));
      unused.clear();
    }
  });
  return pool;
}
