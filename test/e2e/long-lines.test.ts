import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** What somebody was answered privately, or in a form that opened instead. */
const answered = ({ workspace }: World, who: string, words: string): Promise<unknown> =>
  workspace.waitFor(
    () => {
      const said = workspace.ephemerals(who).map((message) => `${message.text}\n${textOf(message.blocks)}`);
      return [...said, textOf(workspace.modal(who)?.blocks ?? [])].some((each) => each.includes(words));
    },
    { what: `"${words}" for ${who}`, timeoutMs: 30_000 },
  );

// A form's fields stop at the longest; a line does not.
it('a line with a reason or a ticket that is too long is refused with how long it may be', async () => {
  const w = await startWorld();
  world = w;
  const { workspace } = w;
  await workspace.user('dev').command(`/elevate orders-db/read 30m ${'very long '.repeat(310)}`, { channel: 'access' });
  await answered(w, 'dev', 'The reason is too long. Keep it to 3000 characters');
  const ticket = `INC-${'7'.repeat(300)}`;
  await workspace
    .user('dev2')
    .command(`/elevate orders-db/admin 30m fixing stuck orders ${ticket}`, { channel: 'access' });
  await answered(w, 'dev2', 'A ticket’s number has 200 characters at most');
  expect(workspace.messages('access-prod')).toEqual([]);
  expect(workspace.violations).toEqual([]);
}, 120_000);
