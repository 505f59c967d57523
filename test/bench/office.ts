import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

/** A request of Slack as it goes over the wire: signed, and not sent yet. */
const delivery = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });
export type Delivery = z.infer<typeof delivery>;

const hello = z.object({ apiUrl: z.string(), botToken: z.string(), signingSecret: z.string(), teamId: z.string() });
const answer = z.union([
  z.object({ id: z.string(), error: z.string() }),
  z.object({ id: z.string(), result: z.unknown().optional() }),
]);

/** The Slack workspace of a bench, in a process of its own: what it does for the bot must not disturb the stopwatch. */
export interface Office extends z.infer<typeof hello> {
  /** What Slack would send when these people type this line at once. Each is good for one sending. */
  type(people: readonly string[], line: string): Promise<readonly Delivery[]>;
  /** Fills the request form with the help of the bot at `appUrl`, and gives back what Slack would send at its submission. */
  fill(appUrl: string, form: FilledForm): Promise<Delivery>;
  /** How often the bot has called a method of the Web API, and with what the last time. */
  calls(method: string): Promise<{ readonly count: number; readonly last?: unknown }>;
  stop(): Promise<void>;
}

export const filledForm = z.object({ who: z.string(), role: z.string(), duration: z.string(), reason: z.string() });
export type FilledForm = z.infer<typeof filledForm>;

export async function openOffice(): Promise<Office> {
  const child = fork(join(import.meta.dirname, 'office-process.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'close');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  };
  try {
    const [first] = await Promise.race([once(child, 'message'), exited.then(() => Promise.reject(closed()))]);
    return {
      ...hello.parse(first),
      type: async (people, line) => z.array(delivery).parse(await ask(child, { what: 'type', people, line })),
      fill: async (appUrl, form) => delivery.parse(await ask(child, { what: 'fill', appUrl, form })),
      calls: async (method) =>
        z
          .object({ count: z.number(), last: z.unknown().optional() })
          .parse(await ask(child, { what: 'calls', method })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const closed = (): Error => new Error('The process of the Slack workspace has ended');

function ask(child: ChildProcess, question: object): Promise<unknown> {
  const id = randomUUID();
  return new Promise((resolve, reject) => {
    const forget = (): void => {
      child.off('message', hear);
      child.off('close', left);
    };
    const left = (): void => {
      forget();
      reject(closed());
    };
    const hear = (message: unknown): void => {
      const heard = answer.parse(message);
      if (heard.id !== id) return;
      forget();
      if ('error' in heard) reject(new Error(heard.error));
      else resolve(heard.result);
    };
    child.on('message', hear);
    child.on('close', left);
    child.send({ id, ...question });
  });
}
