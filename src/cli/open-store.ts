import type { StoredDecision } from '../domain/policy/replay/replay.ts';
import { openDatabase } from '../store/database.ts';
import { createPolicies } from '../store/policies.ts';
import { storedDecisions } from '../store/replay-reads.ts';
import type { Policies } from '../usecases/ports.ts';
import { openOwn, outage } from './database-outage.ts';
import { CliProblem, type Io } from './io.ts';

export interface CliStore {
  readonly policies: Policies;
  decisions(since: Date, onBad: (error: unknown) => void): AsyncGenerator<StoredDecision>;
}

/**
 * The bot's database, for commands that only read: DATABASE_URL, or the embedded one in DATA_DIR. Its schema is left as it is. Throws
 * `CliProblem` with exit code 3 when it does not answer.
 */
export async function withStore<T>(io: Io, work: (store: CliStore) => Promise<T>): Promise<T> {
  const own = await openOwn(io);
  const database = openDatabase(own.url);
  try {
    return await work({
      policies: createPolicies(database),
      decisions: (since, onBad) => storedDecisions(database.single, since, onBad),
    });
  } catch (error) {
    if (error instanceof CliProblem) throw error;
    return outage(error);
  } finally {
    await database.close();
    await own.stop();
  }
}
