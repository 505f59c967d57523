import { afterEach, expect, it } from '@jest/globals';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { type Json, object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
const PATIENCE_MS = 30_000;
let world: World | undefined;
afterEach(async () => {
  expect(world?.workspace.violations ?? []).toEqual([]);
  await world?.stop();
  world = undefined;
});

/** The message about what was found, with the buttons about this login on the target. */
async function cardAbout(
  w: World,
  login: string,
): Promise<{ card: Message; press(who: string, button: string): Promise<unknown> }> {
  const card = await w.workspace.waitFor(
    () => w.workspace.messages('security').findLast((message) => buttonOf(message, 'Accept…', login) !== undefined),
    { what: `a message about ${login}`, timeoutMs: PATIENCE_MS },
  );
  const press = (who: string, button: string) => {
    const found = buttonOf(card, button, login);
    return w.workspace.user(who).click(card, (element: Json) => element === found?.element);
  };
  return { card, press };
}
/** The buttons' labels for screen readers name whom they are about. */
const buttonOf = (message: Message, label: string, login: string) =>
  interactive(message.blocks).find(
    ({ element }) =>
      text(object(element.text).text) === label && text(element.accessibility_label).includes(` ${login} on `),
  );
const told = (w: World, who: string, words: string): Promise<unknown> =>
  w.workspace.waitFor(
    () => {
      const seen = [...w.workspace.ephemerals(who), ...w.workspace.dms(who)].map((message) => message.text);
      seen.push(textOf(w.workspace.modal(who)?.blocks ?? []));
      if (seen.some((each) => each.includes(words))) return true;
      throw new Error(`Told was:\n${seen.join('\n')}`);
    },
    { what: `'${words}' told to ${who}`, timeoutMs: PATIENCE_MS },
  );

it(
  'what nobody granted is decided once, by somebody in charge, and not by whoever has it',
  async () => {
    const w = await startWorld();
    world = w;
    const { workspace, target } = w;
    await workspace.user('dev').command('/elevate orders-db/read 2h looking at a bug', { channel: 'access' });
    await workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: PATIENCE_MS });
    // Bo is one of those who decide.
    await target.sql('GRANT orders_admin TO theo, bo');
    w.advance(60);
    const theo = await cardAbout(w, 'theo');
    const bo = await cardAbout(w, 'bo');

    await theo.press('sre', 'Ignore until…');
    await told(
      w,
      'sre',
      'This is for dba or security to decide, and you are not one of them now. Show it to one of them.',
    );

    await bo.press('dba', 'Accept…');
    await told(
      w,
      'dba',
      'This is your own access, and nobody says of their own that it may stay. Somebody else of dba',
    );

    await theo.press('dba', 'Accept…');
    await told(w, 'dba', 'Who answers for it?');
    await theo.press('security', 'Ignore until…');
    await told(w, 'security', 'Until when?');
    const holder = { selected_user: w.person('dev2') };
    const answer = await workspace.user('dba').submit('modal', { owner: holder });
    expect(answer.errors).toEqual({ owner: 'Whoever has this access cannot answer for it. Name somebody else.' });
    await workspace.user('dba').submit('modal', { owner: { selected_user: w.person('security') } });
    await workspace.user('security').submit('modal');
    await told(w, 'security', 'Bo Lindqvist has accepted it already. Nothing more is needed');
    await theo.press('dba', 'Accept…');
    await told(w, 'dba', 'Bo Lindqvist has accepted it already.');
    expect(await target.holds('dev2')).toBe(true);
  },
  TIME_LIMIT_MS,
);
