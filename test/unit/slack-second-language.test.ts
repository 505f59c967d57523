import { describe, expect, it } from '@jest/globals';
import { en, type Text } from '../../src/slack/text/en.ts';
import { everyDrawing } from '../support/every-drawing.ts';
import { plainWords, pseudoText, readPieces, unmarked } from '../support/pseudo-text.ts';
import { views } from '../support/worst-case.ts';

/** What people wrote, in an alphabet that is not ours. */
const words = (length: number): string => 'ж'.repeat(length);
/** Names in an entitlement and its level: the target's own words. */
const TARGETS_OWN = ['role', 'options', 'option'];
const english = everyDrawing(en);

describe('a second language is one file', () => {
  for (const [name, draw] of Object.entries(everyDrawing(pseudoText))) {
    it(`${name} says nothing in English then`, () => {
      for (const view of views(words)) {
        for (const { sent } of draw(words, view)) {
          const pieces = readPieces(sent);
          expect(pieces.length).toBeGreaterThan(0);
          expect(pieces.flatMap(plainWords).filter((word) => !TARGETS_OWN.includes(word))).toEqual([]);
        }
      }
    });
  }

  it('is found out where a drawing has words of its own', () => {
    const [view] = views(words);
    if (!view) throw new Error('There is no view');
    const said = [...(english.requestCard?.(words, view) ?? [])].flatMap(({ sent }) => readPieces(sent));
    expect(said.flatMap(plainWords)).toContain('asks');
    expect(said.map((piece) => unmarked(piece))).toEqual(said);
  });

  it('does not compile while anything is left out', () => {
    const { refusal: _, ...without } = en;
    // @ts-expect-error: no refusals
    const incomplete: Text = without;
    // @ts-expect-error: a button without its label
    const shorter: Text['forms']['deny'] = { title: 'Ablehnen', close: 'Zurück' };
    expect([incomplete, shorter]).toHaveLength(2);
  });
});
