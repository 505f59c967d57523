import type { Logger } from 'pino';

/**
 * Answers Slack. Where three seconds went by before, Bolt has answered in our place, and Slack shows the person that the app did not
 * respond: what they asked for is done all the same, and asking again does nothing twice.
 */
export async function acknowledge(log: Logger, what: string, ack: () => Promise<void>): Promise<void> {
  try {
    await ack();
  } catch (error) {
    log.warn(
      { err: error, what },
      'Slack was answered after more than 3 s, so the person saw an error although it was done. Is the machine too busy?',
    );
  }
}
