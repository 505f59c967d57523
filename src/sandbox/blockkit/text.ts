import { isJson } from '../workspace/json.ts';
import {
  type At,
  boolean,
  byType,
  type Check,
  inside,
  optional,
  reportOwn,
  required,
  shape,
  string,
} from './checks.ts';

/** Slack's page "Formatting text for app surfaces": everything between '<' and '>' that Slack gives a meaning to. */
const reference =
  /^(?:@[UW][A-Z0-9]+(?:\|.*)?|#C[A-Z0-9]+(?:\|.*)?|!subteam\^S[A-Z0-9]+(?:\|.*)?|!date\^\d+\^.+\|.+|(?:https?:\/\/|mailto:|tel:|slack:\/\/).+)$/s;
const everybody = /<!(?:channel|here|everyone)(?:\|[^>]*)?>/;
const oneReference = /<([^<>]*)>/g;
const loneAmpersand = /&(?!amp;|lt;|gt;)/;

/**
 * mrkdwn that a person's words could have broken: a mention of everybody, a '<' that opens nothing Slack knows, an '&' that is
 * no entity. Slack would take all of these; a bot that escapes what people wrote sends none.
 */
export function checkMrkdwn(value: string, at: At): void {
  if (checkMention(value, at)) return;
  for (const [whole, inner = ''] of value.matchAll(oneReference)) {
    if (!reference.test(inner))
      reportOwn(at, 'unescaped', `'${whole}' is nothing that Slack knows: write &lt; for '<'`);
  }
  const rest = value.replace(oneReference, '');
  if (rest.includes('<')) reportOwn(at, 'unescaped', "has a '<' that opens nothing: write &lt;");
  if (loneAmpersand.test(rest)) reportOwn(at, 'unescaped', "has an '&' that is no entity: write &amp;");
}

/** The one thing that no text of ours may ever do, in any notation: page a whole channel. */
export function checkMention(value: string, at: At): boolean {
  const mentions = everybody.test(value);
  if (mentions) reportOwn(at, 'mention', 'mentions everybody: escape what people wrote with &amp;, &lt; and &gt;');
  return mentions;
}

function textObject(type: 'plain_text' | 'mrkdwn', max: number, min: number): Check {
  const fields = {
    type: required(string(20)),
    text: required(string(max, min)),
    ...(type === 'plain_text' ? { emoji: optional(boolean) } : { verbatim: optional(boolean) }),
  };
  return (value, at) => {
    // The rules keep the name of the field that holds the text: `section.text.length`, not `text.text.length`.
    const within: At = { ...at, found: [] };
    shape(at.rule, fields)(value, within);
    for (const violation of within.found) {
      at.found.push({ ...violation, rule: violation.rule.replace(`${at.rule}.text.`, `${at.rule}.`) });
    }
    if (type === 'mrkdwn' && isJson(value) && typeof value.text === 'string')
      checkMrkdwn(value.text, inside(at, 'text'));
  };
}

/** Slack's page "Text object". Lengths are those of the field that the text stands in. */
export const plainText = (max: number): Check => {
  const table = { plain_text: textObject('plain_text', max, 1), mrkdwn: () => undefined };
  return byType('text', table, ['plain_text']);
};

export const anyText = (max: number): Check =>
  byType('text', { plain_text: textObject('plain_text', max, 1), mrkdwn: textObject('mrkdwn', max, 1) });
