import { openConnectors } from '../connectors/registry.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { createStore, type OpenStore } from '../store/prisma-store.ts';
import { type Connectors, REAL_TIME } from '../usecases/ports.ts';
import { openOwn, outage } from './database-outage.ts';
import type { Io } from './io.ts';

export interface OpenBot {
  readonly store: OpenStore;
  readonly connectors: Connectors;
  /** The workspaces that the database knows. */
  readonly workspaces: readonly WorkspaceId[];
}

/**
 * The bot's own database and targets, for commands that look after grants: DATABASE_URL, or the embedded database in DATA_DIR. Its schema
 * is left as it is. Throws `CliProblem` with exit code 3 when the database does not answer.
 */
export async function withBot<T>(io: Io, work: (bot: OpenBot) => Promise<T>): Promise<T> {
  const own = await openOwn(io);
  const store = createStore(own.url, { clock: REAL_TIME });
  const connectors = openConnectors({ leases: store.leases });
  try {
    return await work({ store, connectors, workspaces: await store.database.workspaces().catch(outage) });
  } finally {
    await connectors.close();
    await store.close();
    await own.stop();
  }
}
