import { type ConnectorFinding, Outage } from '../../usecases/ports.ts';
import { type Connection, connect, type Destination } from './connection.ts';
import { readFacts } from './facts.ts';
import { findingsOn, movedByPoolerFinding, oldVersion, type Use } from './findings.ts';
import { OLDEST_VERSION } from './limits.ts';
import type { Pool } from './pool.ts';

/** Can we reach it, may we do what these roles ask, and not more? What cannot be looked at is a finding too. */
export async function checkTarget(
  to: Destination,
  pool: Pool,
  uses: readonly Use[],
): Promise<readonly ConnectorFinding[]> {
  try {
    return await pool.use(async (connection) => {
      if (connection.server.version < OLDEST_VERSION) return [oldVersion(to.name, connection.server)];
      if (await isMoved(to, connection)) return [movedByPoolerFinding(to.name)];
      return findingsOn(to.name, await readFacts(connection, [...new Set(uses.map((use) => use.role))]), uses);
    });
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    const fix =
      'Make sure that the URL of the connector is right, that the server runs and is reachable, and that the role may log in.';
    return [{ severity: 'error', message: error.message, fix }];
  }
}

/** Without a pooler, or with one in session mode, no two connections that are open at once share a backend. */
async function isMoved(to: Destination, first: Connection): Promise<boolean> {
  const backend = async (connection: Connection) =>
    (await connection.query<{ pid: number }>('ask for its process', 'SELECT pg_backend_pid() AS pid'))[0]?.pid;
  const before = await backend(first);
  const second = await connect(to);
  try {
    return (await backend(second)) === before || (await backend(first)) !== before;
  } finally {
    await second.close();
  }
}
