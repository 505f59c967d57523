import type { Scalar } from 'yaml';

const isSpace = (character: string | undefined): boolean =>
  character === ' ' || character === '\n' || character === '\t' || character === '\r';

/**
 * Where the character `index` of a scalar's value stands in the file. Value and source are walked side by side, since quotes,
 * escapes, folded lines and indentation make one longer than the other.
 */
export function scalarOffset(text: string, node: Scalar, index: number): number {
  const range = node.range;
  const value = node.value;
  if (!range || typeof value !== 'string') return range?.[0] ?? 0;
  const [from, end] = range;
  let source = from;
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') source += 1;
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') source = skipSpace(text, lineEnd(text, from), end);

  for (let place = 0; place < index && place < value.length && source < end; place += 1) {
    const wanted = value[place];
    if (node.type === 'QUOTE_DOUBLE' && text[source] === '\\') {
      source += escapeLength(text, source);
    } else if (node.type === 'QUOTE_SINGLE' && wanted === "'" && text[source] === "'" && text[source + 1] === "'") {
      source += 2;
    } else if (isSpace(wanted) && (text[source] === '\n' || text[source] === '\r' || foldsHere(text, source))) {
      source = skipSpace(text, source, end);
      // Several line breaks of the value may stand for this one stretch of white space.
      while (isSpace(value[place + 1]) && place + 1 < index) place += 1;
    } else {
      source += 1;
    }
  }
  return Math.min(source, Math.max(from, end));
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
};

function skipSpace(text: string, from: number, end: number): number {
  let place = from;
  while (place < end && isSpace(text[place])) place += 1;
  return place;
}

/** Whether only blanks stand between here and the end of the line: they are folded away with it. */
function foldsHere(text: string, from: number): boolean {
  let place = from;
  while (text[place] === ' ' || text[place] === '\t') place += 1;
  return place > from && (text[place] === '\n' || text[place] === '\r');
}

/** Characters of one escape in a double-quoted scalar (YAML 1.2, 5.7), a folded line break included. */
function escapeLength(text: string, at: number): number {
  switch (text[at + 1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    case '\n':
    case '\r':
      return skipSpace(text, at + 1, text.length) - at;
    default:
      return 2;
  }
}
