import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { object, text } from '../../src/sandbox/workspace/json.ts';
import type { Workspace } from '../../src/sandbox/workspace/workspace.ts';

/** A message as a reader sees it. */
export interface Message {
  readonly says: string;
  readonly buttons: readonly string[];
  /** Whether it is a reply in a thread. */
  readonly reply: boolean;
}

export const messagesOf = (slack: Workspace, channel: string): Message[] =>
  slack.messages(channel).flatMap((message) => [
    read(message, false),
    ...slack
      .thread(message)
      .filter((each) => each.ts !== message.ts)
      .map((each) => read(each, true)),
  ]);

function read(message: ReturnType<Workspace['messages']>[number], reply: boolean): Message {
  const buttons = interactive(message.blocks)
    .filter(({ element }) => element.type === 'button')
    .map(({ element }) => text(object(element.text).text));
  return { says: `${message.text}\n${textOf(message.blocks)}`, buttons, reply };
}
