/** An inline element of Slack's page "Rich text block", as slack-blocks-to-jsx draws it. */
export type Inline =
  | { type: 'text'; text: string; style?: Style }
  | { type: 'link'; url: string; text: string; style?: Style }
  | { type: 'user'; user_id: string; style?: Style }
  | { type: 'channel'; channel_id: string; style?: Style }
  | { type: 'usergroup'; usergroup_id: string; style?: Style }
  | { type: 'broadcast'; range: 'here' | 'channel' | 'everyone' }
  | { type: 'date'; timestamp: number; format: string; style?: Style }
  | { type: 'emoji'; name: string };
export interface Style {
  bold?: true;
  italic?: true;
  strike?: true;
  code?: true;
}
export type Part =
  | { type: 'rich_text_section'; elements: Inline[] }
  | { type: 'rich_text_quote'; elements: Inline[] }
  | { type: 'rich_text_preformatted'; elements: Inline[] };

/**
 * Slack's mrkdwn as rich text (Slack's page "Formatting text for app surfaces"). Ours rather than the renderer's own reading,
 * which takes an escaped `&lt;!channel&gt;` for a live mention and knows headings and links that Slack's mrkdwn does not.
 */
export function parseMrkdwn(source: string): Part[] {
  const parts: Part[] = [];
  for (const [index, piece] of source.split('```').entries()) {
    if (index % 2 === 1) {
      parts.push({ type: 'rich_text_preformatted', elements: [literal(piece.replace(/^\n|\n$/g, ''))] });
    } else {
      parts.push(...paragraphs(index === 0 ? piece : piece.replace(/^\n/, '')));
    }
  }
  return parts;
}

/** Text that has no markup: plain_text objects, and what people wrote where it stands alone. */
export function parsePlain(source: string, emoji: boolean): Part[] {
  const elements = emoji ? emojis(source, {}) : [asText(source, {})];
  return source === '' ? [] : [{ type: 'rich_text_section', elements }];
}

function paragraphs(source: string): Part[] {
  if (source === '') return [];
  const parts: Part[] = [];
  let kept: { quoted: boolean; lines: string[] } | undefined;
  const flush = (): void => {
    if (kept === undefined) return;
    const type = kept.quoted ? 'rich_text_quote' : 'rich_text_section';
    parts.push({ type, elements: inline(kept.lines.join('\n'), {}) });
  };
  for (const line of source.split('\n')) {
    const quoted = /^(>|&gt;) ?/.test(line);
    const bare = quoted ? line.replace(/^(>|&gt;) ?/, '') : line;
    if (kept?.quoted === quoted) kept.lines.push(bare);
    else {
      flush();
      kept = { quoted, lines: [bare] };
    }
  }
  flush();
  return parts;
}

// In this order: code hides everything, then references, then the pairs of signs at the edges of words.
const markup =
  /`(?<code>[^`\n]+)`|<(?<ref>[^<>\n]+)>|(?<![\w*])\*(?<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])|(?<![\w_])_(?<italic>[^\s_](?:[^\n]*?[^\s_])?)_(?![\w_])|(?<![\w~])~(?<strike>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])/;

function inline(source: string, style: Style): Inline[] {
  const found = markup.exec(source);
  if (found === null) return emojis(unescaped(source), style);
  const before = inline(source.slice(0, found.index), style);
  const { code, ref, bold, italic, strike } = found.groups ?? {};
  const here =
    code !== undefined
      ? [asText(unescaped(code), { ...style, code: true })]
      : ref !== undefined
        ? [reference(ref, style)]
        : bold !== undefined
          ? inline(bold, { ...style, bold: true })
          : italic !== undefined
            ? inline(italic, { ...style, italic: true })
            : inline(strike ?? '', { ...style, strike: true });
  return [...before, ...here, ...inline(source.slice(found.index + found[0].length), style)];
}

/** What stands between angle brackets. Unknown references stay as they were written. */
function reference(ref: string, style: Style): Inline {
  const [target = '', label] = ref.split(/\|(.*)/s);
  const styled = withStyle(style);
  if (/^@[UW]\w+$/.test(target)) return { type: 'user', user_id: target.slice(1), ...styled };
  if (/^#[CG]\w+$/.test(target)) return { type: 'channel', channel_id: target.slice(1), ...styled };
  const group = /^!subteam\^(\w+)$/.exec(target)?.[1];
  if (group !== undefined) return { type: 'usergroup', usergroup_id: group, ...styled };
  if (target === '!here' || target === '!channel' || target === '!everyone') {
    return { type: 'broadcast', range: target === '!here' ? 'here' : target === '!channel' ? 'channel' : 'everyone' };
  }
  const [, seconds, format] = /^!date\^(\d+)\^([^^]+)/.exec(target) ?? [];
  if (seconds !== undefined && format !== undefined) {
    return { type: 'date', timestamp: Number(seconds), format, ...styled };
  }
  if (/^(https?|mailto|tel|slack):/.test(target)) {
    const url = unescaped(target);
    return { type: 'link', url, text: unescaped(label ?? target.replace(/^mailto:/, '')), ...styled };
  }
  return asText(`<${unescaped(ref)}>`, style);
}

function emojis(source: string, style: Style): Inline[] {
  return source
    .split(/(:[a-z_+][a-z0-9_+'-]*:)/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const name = /^:([^:]+):$/.exec(piece)?.[1];
      return name === undefined ? asText(piece, style) : { type: 'emoji', name };
    });
}

const asText = (words: string, style: Style): Inline => ({ type: 'text', text: words, ...withStyle(style) });
const withStyle = (style: Style): { style?: Style } => (Object.keys(style).length === 0 ? {} : { style });
const literal = (source: string): Inline => asText(unescaped(source), {});

/** Slack escapes three characters and no others. */
const unescaped = (source: string): string =>
  source.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
