import { parseDocument, visit } from 'yaml';
import type { PolicyFile } from '../../src/domain/policy/load.ts';

/** One small mistake in a policy. */
export interface Mutant {
  /** What was changed, for a failing test to name. */
  readonly what: string;
  readonly files: readonly PolicyFile[];
}

/** What somebody could get wrong in a condition, each as one change. */
const IN_CONDITIONS: readonly [RegExp, string][] = [
  [/&&/g, '||'],
  [/\|\|/g, '&&'],
  [/==/g, '!='],
  [/!=/g, '=='],
  [/<=/g, '<'],
  [/>=/g, '>'],
  [/(?<![<>=!-])<(?!=)/g, '<='],
  [/(?<![<>=!-])>(?!=)/g, '>='],
  [/!(?=[\w(])/g, ''],
];
const GROUP = /"([\w-]+)"(?= in requester\.groups)/g;
const NUMBER = /(?<![\w."-])\d+(?![\w."])/g;
const DURATION = /(?<=duration\(")\d+(?=[hms]"\))/g;
/** Keys whose numbers and durations decide something. */
const COUNTED = new Set([
  'approvals',
  'cap',
  'max',
  'default',
  'min_length',
  'start_within',
  'unused_after',
  'review_within',
  'from',
  'to',
]);
/** Lists of groups that decide something. */
const GROUP_LISTS = new Set(['from', 'who']);

/** Every policy that differs from this one by one operator, group or number. */
export function mutantsOf(files: readonly PolicyFile[]): Mutant[] {
  const groups = [
    ...new Set(
      files.flatMap(({ text }) =>
        [...text.matchAll(/^ {2}([\w-]+): \{ (?:slack_usergroup|members|on_call)/gm)].map((match) => match[1] ?? ''),
      ),
    ),
  ];
  return files.flatMap((file, index) =>
    changesOf(file.text, groups).map(({ what, from, to, by }) => ({
      what: `${file.path}: ${what}`,
      files: files.map((each, place) =>
        place === index ? { path: each.path, text: each.text.slice(0, from) + by + each.text.slice(to) } : each,
      ),
    })),
  );
}

interface TextChange {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

function changesOf(text: string, groups: readonly string[]): TextChange[] {
  const changes: TextChange[] = [];
  const replace = (at: number, was: string, by: string): void => {
    const line = text.slice(0, at).split('\n').length;
    changes.push({
      what: `line ${line}: ${was} becomes ${by === '' ? 'nothing' : by}`,
      from: at,
      to: at + was.length,
      by,
    });
  };
  const otherGroup = (group: string): string => groups.find((each) => each !== group) ?? group;
  visit(parseDocument(text), {
    Scalar(key, node, path) {
      if (key === 'key' || !node.range) return;
      const [start, end] = node.range;
      const source = text.slice(start, end);
      const pair = path.at(-1);
      const own = pair && 'key' in pair ? String(pair.key) : '';
      const list = path.at(-2);
      const listKey = list && 'key' in list ? String(list.key) : '';
      if (own === 'when') {
        for (const [pattern, by] of IN_CONDITIONS) {
          for (const match of source.matchAll(pattern)) replace(start + match.index, match[0], by);
        }
        for (const match of source.matchAll(GROUP)) {
          const group = match[1] ?? '';
          replace(start + match.index + 1, group, otherGroup(group));
        }
        for (const pattern of [NUMBER, DURATION]) {
          for (const match of source.matchAll(pattern))
            replace(start + match.index, match[0], String(Number(match[0]) + 1));
        }
      } else if (COUNTED.has(own)) {
        const number = /\d+/.exec(source);
        if (number)
          replace(start + number.index, number[0], String(Number(number[0]) + 1).padStart(number[0].length, '0'));
      } else if (GROUP_LISTS.has(listKey) && groups.includes(source)) {
        replace(start, source, otherGroup(source));
      } else if (own === 'then') {
        replace(start, source, source === 'approve' ? 'deny' : 'approve');
      }
    },
  });
  return changes;
}
