import type { Json } from '../../src/sandbox/workspace/json.ts';
import { en, type Text } from '../../src/slack/text/en.ts';

const PLAIN = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const MARKED = 'ȧƀƈḓḗƒɠħīĵķŀḿƞǿƥɋřşŧŭṽẇẋẏẑȦƁƇḒḖƑƓĦĪĴĶĿḾȠǾƤɊŘŞŦŬṼẆẊẎẐ';

/** What a translator leaves as it is: mentions, dates and links, escaped characters, and what stands in code. */
const MARKUP = /<[^>]*>|&(?:amp|lt|gt);|`[^`\n]*`/g;

const outsideMarkup = (text: string, change: (part: string) => string): string => {
  let done = 0;
  let changed = '';
  for (const { index, 0: markup } of text.matchAll(MARKUP)) {
    changed += change(text.slice(done, index)) + markup;
    done = index + markup.length;
  }
  return changed + change(text.slice(done));
};

const swap = (text: string, from: string, to: string): string =>
  [...text].map((letter) => (from.includes(letter) ? to[from.indexOf(letter)] : letter)).join('');

/** Every English letter marked, one for one, so that the length stays. */
const pseudo = (text: string): string => outsideMarkup(text, (part) => swap(part, PLAIN, MARKED));
/** As it was before. */
export const unmarked = (text: string): string => swap(text, MARKED, PLAIN);

/**
 * A language that nobody speaks: English with marked letters. Made from the English one, so it has each of its keys; whatever
 * stands in a message in plain letters did not come from the texts.
 */
export const pseudoText: Text = translated(en);

function translated<T>(words: T): T {
  return translate(words) as T;
}

function translate(words: unknown): unknown {
  if (typeof words === 'string') return pseudo(words);
  if (typeof words === 'function') return (...given: unknown[]) => translate(words(...given));
  if (Array.isArray(words)) return words.map(translate);
  if (typeof words !== 'object' || words === null) return words;
  return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, translate(value)]));
}

/** Keys of Block Kit whose values nobody reads. */
const UNREAD = new Set(['type', 'value', 'action_id', 'block_id', 'callback_id', 'private_metadata', 'style', 'url']);

/** What is read of a message, a view or options, piece by piece. */
export function readPieces(sent: unknown, key = ''): string[] {
  if (typeof sent === 'string') return UNREAD.has(key) || key.startsWith('initial_') ? [] : [sent];
  if (Array.isArray(sent)) return sent.flatMap((each) => readPieces(each, key));
  if (typeof sent !== 'object' || sent === null) return [];
  return Object.entries(sent as Json).flatMap(([inner, value]) => readPieces(value, inner));
}

/**
 * What is no language: people's addresses, and the zone of a moment. An address is looked for at the beginning of a word only: at each
 * letter of it, a word of a thousand letters without any address took a million steps.
 */
const NO_LANGUAGE = /(?<![^\s()])[^\s()]+@[a-z.]+|\bUTC\b/g;

/** Words in plain letters, outside of markup: said, and not by the texts. */
export const plainWords = (piece: string): string[] =>
  piece
    .replaceAll(MARKUP, ' ')
    .replaceAll(NO_LANGUAGE, ' ')
    .match(/[A-Za-z]{2,}/g) ?? [];
