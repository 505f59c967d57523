import { isJson, type Json, objects, text } from './json.ts';

/** An interactive element and the block that it stands in. */
export interface Placed {
  readonly block: Json;
  readonly element: Json;
}

/** Every element of the blocks that a person could use, in reading order. */
export function interactive(blocks: readonly Json[]): Placed[] {
  const found: Placed[] = [];
  for (const block of blocks) {
    const candidates = [
      ...(block.type === 'actions' ? objects(block.elements) : []),
      ...(isJson(block.accessory) ? [block.accessory] : []),
      ...(isJson(block.element) ? [block.element] : []),
    ];
    for (const element of candidates) {
      if (element.type !== 'image') found.push({ block, element });
    }
  }
  return found;
}

export type Which = string | ((element: Json, block: Json) => boolean);

/** The element by its action_id or by a question; the error lists what there is. */
export function findElement(blocks: readonly Json[], which: Which, where: string): Placed {
  const all = interactive(blocks);
  const found = all.find(({ element, block }) =>
    typeof which === 'string' ? element.action_id === which : which(element, block),
  );
  if (found !== undefined) return found;
  const known = all.map(({ element }) => text(element.action_id)).join(', ') || 'nothing to click';
  const wanted = typeof which === 'string' ? `'${which}'` : 'that element';
  throw new Error(`There is no ${wanted} on ${where}. It has: ${known}.`);
}

/** The options of a static menu, group by group if it has groups. */
export function optionsOf(element: Json): Json[] {
  if (Array.isArray(element.options)) return objects(element.options);
  return objects(element.option_groups).flatMap((group) => objects(group.options));
}

/** All the words that a person reads in the blocks, one line per text object. For expectations in tests. */
export function textOf(blocks: readonly Json[]): string {
  const lines: string[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const item of value) collect(item);
    } else if (isJson(value)) {
      if (typeof value.text === 'string') lines.push(value.text);
      for (const [key, inner] of Object.entries(value)) {
        if (key !== 'confirm' && typeof inner === 'object') collect(inner);
      }
    }
  };
  collect(blocks);
  return lines.join('\n');
}
