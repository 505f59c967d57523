import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { StartProblem } from './start-problem.ts';
import { startEmbedded } from './store/embedded.ts';
import { migrate } from './store/migrate.ts';
import type { Teardown } from './teardown.ts';

/** The address of a database that has this version's schema: the configured one, or one of our own in DATA_DIR. */
export async function openDatabase(config: Config, log: Logger, teardown: Teardown): Promise<string> {
  const url = config.databaseUrl ?? (await openEmbedded(config.dataDir, log, teardown));
  try {
    const applied = await migrate(url);
    if (applied.length > 0) log.info({ migrations: applied }, 'The database was brought up to date');
  } catch (error) {
    const why = error instanceof Error ? error.message || error.name : String(error);
    throw new StartProblem(`The database at DATABASE_URL cannot be used: ${why}`, { cause: error });
  }
  return url;
}

async function openEmbedded(directory: string, log: Logger, teardown: Teardown): Promise<string> {
  try {
    const embedded = await startEmbedded({ directory });
    teardown.add(() => embedded.stop());
    log.warn(
      { directory, adopted: embedded.adopted },
      `DATABASE_URL is not set, so the data lies in an embedded PostgreSQL in ${directory}. That is fine for trying it; for production set DATABASE_URL to a PostgreSQL that is backed up.`,
    );
    return embedded.url;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartProblem(`The embedded PostgreSQL in ${directory} did not start: ${why}`, { cause: error });
  }
}
