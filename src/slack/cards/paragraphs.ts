import { SECTION_TEXT_MAX } from '../limits.ts';

/** Lines in as few sections as hold them whole. */
export function paragraphs(lines: readonly string[]): string[] {
  const found: string[] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last !== undefined && last.length + line.length < SECTION_TEXT_MAX)
      found[found.length - 1] = `${last}\n${line}`;
    else found.push(line);
  }
  return found;
}
