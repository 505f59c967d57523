import { BULLMQ_RETRY_MS } from './limits.ts';
import { pause } from './within.ts';

/**
 * What a worker of BullMQ's asked for; when it was refused, after a while. By itself BullMQ (6.7) waits only where nothing listens at all:
 * a server that is starting, or that takes connections and cuts them, was asked two thousand times a second.
 */
export async function patiently<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    await pause(BULLMQ_RETRY_MS);
    throw error;
  }
}
