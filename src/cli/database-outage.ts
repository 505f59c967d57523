import { type Embedded, isEmbedded, startEmbedded } from '../store/embedded.ts';
import { CliProblem, EXIT, type Io } from './io.ts';

/** Ends a command because its database did not answer, with what to set. */
export function outage(error: unknown): never {
  const why = error instanceof Error ? error.message || error.name : String(error);
  throw new CliProblem(
    `The database cannot be used: ${why}. Set DATABASE_URL to the one that the bot uses.`,
    EXIT.outage,
  );
}

/** The bot's database: DATABASE_URL, or the embedded one in DATA_DIR. A command makes none: in the wrong folder there is nothing to look at. */
export async function openOwn({ env }: Pick<Io, 'env'>): Promise<Pick<Embedded, 'url' | 'stop'>> {
  if (env.DATABASE_URL) return { url: env.DATABASE_URL, stop: async () => undefined };
  const directory = env.DATA_DIR || './data';
  if (await isEmbedded(directory)) return startEmbedded({ directory }).catch(outage);
  throw new CliProblem(
    `There is no database in ${directory}. Set DATABASE_URL to the one that the bot uses, or DATA_DIR to its folder where it has none.`,
    EXIT.outage,
  );
}
