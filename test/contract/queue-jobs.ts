import { lanes } from '../../src/jobs/definitions.ts';
import type { QueuedJob } from '../../src/jobs/queue-backend.ts';

/** What the harnesses use of BullMQ's Queue, which is the same on both backends. */
interface Queue {
  getJobCounts(): Promise<Record<string, number>>;
  add(name: string, data: unknown, options: object): Promise<unknown>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
  on(event: 'error', listener: () => void): unknown;
}

/** The queues of all lanes as a test looks at them, from outside of the code it tests. */
export function watchQueues(open: (name: string) => Queue) {
  const queues = lanes.map(({ queue }) => open(queue));
  const [access] = queues;
  // Tests take the server away on purpose.
  for (const queue of queues) queue.on('error', () => {});
  const all = async (work: (queue: Queue) => Promise<unknown>): Promise<void> => {
    await Promise.all(queues.map(work));
  };
  return {
    async countJobs(): Promise<number> {
      const counts = await Promise.all(queues.map((queue) => queue.getJobCounts()));
      return counts.flatMap((count) => Object.values(count)).reduce((sum, count) => sum + count, 0);
    },
    async add(jobs: readonly QueuedJob[]): Promise<void> {
      for (const { id, kind, payload, delayMs } of jobs) {
        await access?.add(kind, payload, { jobId: id, delay: delayMs, removeOnComplete: true, removeOnFail: true });
      }
    },
    hold: () => all((queue) => queue.pause()),
    release: () => all((queue) => queue.resume()),
    close: () => all((queue) => queue.close()),
  };
}
