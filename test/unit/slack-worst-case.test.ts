import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { validateMessage, validateOptions, validateUpdate, validateView } from '../../src/sandbox/blockkit/validate.ts';
import type { Violation } from '../../src/sandbox/blockkit/violation.ts';
import { en } from '../../src/slack/text/en.ts';
import { type Drawn, everyDrawing } from '../support/every-drawing.ts';
import { ALL_WORDS, views } from '../support/worst-case.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'slack');
const drawings = everyDrawing(en);

function violations({ as, sent }: Drawn): Violation[] {
  switch (as) {
    case 'message':
      return [...validateMessage(sent), ...unescaped(sent)];
    case 'kept':
      return [...violations({ as: 'message', sent }), ...validateUpdate(sent)];
    case 'view':
      return [...validateView(sent), ...unescaped(sent)];
    case 'options':
      return validateOptions(sent);
  }
}

/** What people wrote must not page anyone or become a link, wherever Slack reads markup. */
function unescaped(sent: unknown): Violation[] {
  const said = JSON.stringify(sent, (key, value: unknown) =>
    // These are spoken, or kept for us, as they stand.
    ['accessibility_label', 'private_metadata', 'initial_value', 'value'].includes(key) ? undefined : value,
  );
  return ['<!channel>', '<@U0BOSS>', '<https://evil']
    .filter((each) => said.includes(each))
    .map((each) => ({
      path: '',
      rule: 'ours.escape',
      message: `${each} is live in ${said.slice(Math.max(0, said.indexOf(each) - 80), said.indexOf(each) + 40)}`,
      slackError: undefined,
    }));
}

describe('at its worst, Slack takes it: 3,000 characters of anything, 100 approvers, 1,000 roles, names of 80 characters', () => {
  for (const [name, draw] of Object.entries(drawings)) {
    it.each(ALL_WORDS)(`${name}, %s`, (_, words) => {
      // What is drawn from a list of a thousand is the same for every view.
      const some = [...views(words)].filter((_, index) => draw.length === 2 || index % 12 === 0);
      for (const view of some) for (const drawn of draw(words, view)) expect(violations(drawn)).toEqual([]);
    });
  }

  it('is asked of everything that draws something', () => {
    const drawing = /export (?:const|function) (\w+(?:Card|Message|Form|Modal|Alert|Reminder|Blocks|View))\b/g;
    const names = ['cards', 'views', 'home'].flatMap((folder) =>
      readdirSync(join(FOLDER, folder)).flatMap((file) =>
        [...readFileSync(join(FOLDER, folder, file), 'utf8').matchAll(drawing)].map(([, name]) => name),
      ),
    );
    expect(names.filter((name) => name !== undefined && !(name in drawings))).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
  });
});
