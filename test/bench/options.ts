import type { Bench } from './bench.ts';

export const USAGE = 'Usage: npm run -s bench -- [--json] [--only NAME[,NAME…]]';

export interface Options {
  readonly asked: readonly Bench[];
  /** Whether they were named one by one. */
  readonly named: boolean;
  readonly json: boolean;
}

/** The options of the command line, or in a sentence what is wrong with them. */
export function readOptions(words: readonly string[], all: readonly Bench[]): Options | string {
  let json = false;
  let only: readonly string[] | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--json') json = true;
    else if (word === '--only') only = namesIn(words[++at]);
    else if (word.startsWith('--only=')) only = namesIn(word.slice('--only='.length));
    else return `Nothing is known about "${word}".`;
  }
  if (only === null) return { asked: all, named: false, json };
  const there = all.map(({ name }) => name);
  const unknown = only.filter((name) => !there.includes(name));
  if (only.length === 0 || unknown.length > 0) {
    const problem = only.length === 0 ? '--only needs a name.' : `There is no bench called ${unknown.join(' or ')}.`;
    return `${problem} There are: ${there.join(', ')}.`;
  }
  return { asked: all.filter(({ name }) => only.includes(name)), named: true, json };
}

const namesIn = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
