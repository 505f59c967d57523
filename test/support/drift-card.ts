import { interactive } from '../../src/sandbox/workspace/elements.ts';
import { type Json, object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import type { Workspace } from '../../src/sandbox/workspace/workspace.ts';

const PATIENCE_MS = 30_000;

/** What is said about one login on the target: the buttons as they were, whatever becomes of the message. */
export interface DriftCard {
  press(who: string, button: string): Promise<void>;
}

/** The newest message in #security that has buttons about this login, once there is one. */
export async function driftCardAbout(workspace: Workspace, login: string): Promise<DriftCard> {
  const card = await workspace.waitFor(
    () => workspace.messages('security').findLast((message) => buttonAbout(message, 'Accept…', login) !== undefined),
    { what: `a message about ${login}`, timeoutMs: PATIENCE_MS },
  );
  return {
    async press(who, button) {
      const found = buttonAbout(card, button, login);
      await workspace.user(who).click(card, (element: Json) => element === found?.element);
    },
  };
}

/** The buttons' labels for screen readers name whom they are about. */
const buttonAbout = (message: Message, label: string, login: string) =>
  interactive(message.blocks).find(
    ({ element }) =>
      text(object(element.text).text) === label && text(element.accessibility_label).includes(` ${login} on `),
  );
