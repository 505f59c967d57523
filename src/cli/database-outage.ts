import { CliProblem, EXIT } from './io.ts';

/** Ends a command because its database did not answer, with what to set. */
export function outage(error: unknown): never {
  const why = error instanceof Error ? error.message || error.name : String(error);
  throw new CliProblem(
    `The database cannot be used: ${why}. Set DATABASE_URL to the one that the bot uses.`,
    EXIT.outage,
  );
}
