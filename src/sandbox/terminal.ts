import pg from 'pg';
import type { TerminalAnswer } from './server/terminal.ts';
import type { Target } from './target.ts';

export const QUERY = 'SELECT id, customer, total, state FROM orders ORDER BY id';
const TIMEOUT_MS = 5_000;

export const TERMINAL_TITLE = 'psql · orders';

/** Runs the demo's query on the target as somebody's own login. Never throws: a refusal of the target is an answer to look at. */
export async function runQuery(target: Target, login: string): Promise<TerminalAnswer> {
  const client = new pg.Client({
    connectionString: target.personUrl(login),
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(QUERY);
    return { ok: true, text: `(${rows.length} rows)`, rows };
  } catch (error) {
    return { ok: false, text: `ERROR:  ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    await client.end().catch(() => {});
  }
}
