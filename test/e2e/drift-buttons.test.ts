import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { driftCardAbout } from '../support/drift-card.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
const PATIENCE_MS = 30_000;
let world: World | undefined;
afterEach(async () => {
  expect(world?.workspace.violations ?? []).toEqual([]);
  await world?.stop();
  world = undefined;
});

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
    const theo = await driftCardAbout(workspace, 'theo');
    const bo = await driftCardAbout(workspace, 'bo');

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
