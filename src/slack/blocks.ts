import type { types } from '@slack/bolt';
import { SECTION_TEXT_MAX } from './limits.ts';

export type Block = types.KnownBlock;
export type Modal = types.ModalView;
export type HomeView = types.HomeView;
export type Button = types.Button;
type Plain = types.PlainTextElement;
type Mrkdwn = types.MrkdwnElement;

/** A message: what phones and screen readers use, and what the screen shows. */
export interface Message {
  readonly text: string;
  readonly blocks: Block[];
}

/**
 * Text that somebody wrote, made safe for mrkdwn and for a message's top-level text: no mention, link or date can be made with
 * it (Slack: "Formatting text for app surfaces", Escaping text).
 */
export const esc = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** At most `max` characters; a cut shows by an ellipsis and never splits an escaped character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${whole(text.slice(0, max - 1))}…`;
}

/** Without the half of an entity, a surrogate pair or a reference that a cut left at the end. */
const whole = (text: string): string => text.replace(/&[a-z]{0,3}$|[\uD800-\uDBFF]$|<[^>]*$/, '');

/** A long text in as many sections of plain_text as it takes, `sections` and `max` characters at most. */
export function plainSections(text: string, sections: number, max: number = sections * SECTION_TEXT_MAX): Block[] {
  const blocks: Block[] = [];
  let rest = cut(esc(text), max);
  while (rest !== '') {
    const fits = rest.length <= SECTION_TEXT_MAX;
    const last = fits || blocks.length + 1 === sections;
    const part = last ? cut(rest, SECTION_TEXT_MAX) : whole(rest.slice(0, SECTION_TEXT_MAX));
    blocks.push({ type: 'section', text: { type: 'plain_text', text: part, emoji: false } });
    rest = last ? '' : rest.slice(part.length);
  }
  return blocks;
}

/** The characters of blocks as Slack counts them for a message's total. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + (key === 'type' ? 0 : sizeOf(inner)), 0);
}

/**
 * plain_text knows no formatting, but Slack decodes the three entities in it as well and keeps it escaped, so that it is escaped
 * here too. `emoji: false` keeps `:fire:` what it is.
 */
export const plain = (text: string, max: number = SECTION_TEXT_MAX): Plain => ({
  type: 'plain_text',
  text: cut(esc(text), max),
  emoji: false,
});
/** `verbatim` keeps Slack from making links and mentions of what only looks like one. */
export const mrkdwn = (text: string): Mrkdwn => ({ type: 'mrkdwn', text, verbatim: true });

export const section = (text: string): Block => ({ type: 'section', text: mrkdwn(cut(text, SECTION_TEXT_MAX)) });
export const plainSection = (text: string): Block => ({ type: 'section', text: plain(text) });
export const context = (text: string): Block => ({ type: 'context', elements: [mrkdwn(cut(text, SECTION_TEXT_MAX))] });
export const divider: Block = { type: 'divider' };

/** What mrkdwn says, without its markup: for fields, which show none. Moments stand in UTC there. */
export const asPlain = (markup: string): string =>
  markup
    .replaceAll(/<!date\^\d+\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

export const mention = (user: string): string => `<@${user}>`;

/**
 * A moment in the reader's own zone (Slack: "Formatting text for app surfaces", Date formatting). `near` says 'today' and
 * 'tomorrow'; `far` is for what is read a year later; seconds only where they matter.
 */
export function when(at: Date, style: 'near' | 'far' | 'near_seconds' = 'near'): string {
  const form = { near: '{date_short_pretty} {time}', far: '{date_short} {time_secs}', near_seconds: '{time_secs}' }[
    style
  ];
  const fallback = `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(at.getTime() / 1000)}^${form}|${fallback}>`;
}
