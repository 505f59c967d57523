import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { validateMessage, validateOptions, validateUpdate, validateView } from '../../src/sandbox/blockkit/validate.ts';
import type { Violation } from '../../src/sandbox/blockkit/violation.ts';
import { en } from '../../src/slack/text/en.ts';
import { type Drawn, everyDrawing } from '../support/every-drawing.ts';
import { liveMarkup } from '../support/live-markup.ts';
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

const unescaped = (sent: unknown): Violation[] =>
  liveMarkup(sent).map((message) => ({ path: '', rule: 'ours.escape', message, slackError: undefined }));

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
