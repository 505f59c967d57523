import { interactive } from '../../src/sandbox/workspace/elements.ts';
import { object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import type { World } from './world.ts';

const PATIENCE_MS = 30_000;

/** Waits with a deadline, and lets time pass meanwhile, so that what is tried again later is tried soon. */
export function waitUntil<T>(
  world: World,
  what: string,
  ask: () => T | Promise<T>,
): Promise<NonNullable<Exclude<T, false>>> {
  let looks = 0;
  return world.workspace.waitFor(
    async () => {
      looks += 1;
      if (looks % 10 === 0) world.advance(1);
      return ask();
    },
    { what, timeoutMs: PATIENCE_MS },
  ) as Promise<NonNullable<Exclude<T, false>>>;
}

/** What somebody does in Slack that may not work at first. */
export interface Attempt<T> {
  readonly act: () => Promise<unknown>;
  readonly worked: () => Promise<T | undefined>;
  /** Asked before each try, and answers whether they have been told since that it did not work. */
  readonly hears: () => () => boolean;
}

/** Does it until it has worked. Whoever it did not work for must hear so, every time. */
export async function insistOn<T>(world: World, who: string, { act, worked, hears }: Attempt<T>): Promise<T> {
  for (let tries = 0; tries < 4; tries += 1) {
    const told = hears();
    await act();
    const answer = await waitUntil(world, `${who} to see it work, or to be told why not`, async () => {
      const found = await worked();
      return (found !== undefined || told()) && { found };
    });
    if (answer.found !== undefined) return answer.found;
  }
  throw new Error(`It never worked for ${who}`);
}

export const labelOf = (element: unknown): string => text(object(object(element).text).text);
/** What the buttons of a message say. */
export const labels = (message: Message): string[] =>
  interactive(message.blocks).map(({ element }) => labelOf(element));
