import type { Logger } from 'pino';
import { postInFirst, watchPlaces } from './usecases/first-channel.ts';
import type { Ports } from './usecases/ports.ts';
import type { SecurityNotice } from './usecases/watch-ports.ts';

/** So many looks in a row without an answer are told: a failover of the database takes less. */
export const LOOKS_UNTIL_TOLD = 12;

export interface DatabaseAway {
  /** A look at the database was answered. */
  seen(): Promise<void>;
  /** It was time for a look. Counted, not timed: a process that was stopped meanwhile has not looked. */
  looked(): Promise<void>;
}

/**
 * Says in the security channel that Elevate's own database is away, which no effect in it can say: nothing is taken away meanwhile. Each
 * process says it for itself. Never throws; what Slack does not take is tried again at the next look.
 */
export function createDatabaseAway(
  ports: Pick<Ports, 'policies' | 'messenger'>,
  log: Logger,
  now: () => Date = () => new Date(),
): DatabaseAway {
  let unanswered = 0;
  let since: Date | null = null;
  let told = false;
  let saying = false;
  const say = async (notice: SecurityNotice): Promise<boolean> => {
    const places = watchPlaces(ports);
    try {
      if (places.length > 0) await postInFirst(places, (channel) => ports.messenger.tellSecurity(channel, notice));
      return true;
    } catch (error) {
      log.warn({ err: error }, 'That the database is away, or back, could not be said in Slack');
      return false;
    }
  };
  return {
    async looked() {
      unanswered += 1;
      since ??= now();
      if (told || saying || unanswered <= LOOKS_UNTIL_TOLD) return;
      const from = since;
      log.error({ since }, 'The database is away: no access is given or taken away until it is back');
      saying = true;
      const said = await say({ notice: 'database_away', since: from });
      saying = false;
      if (since === from) told = said;
      // It came back while that was being said.
      else if (said) await say({ notice: 'database_back', since: from, now: now() });
    },
    async seen() {
      unanswered = 0;
      const [was, from] = [told, since];
      [told, since] = [false, null];
      if (was && from) await say({ notice: 'database_back', since: from, now: now() });
    },
  };
}
