import type { Placed } from './elements.ts';
import { type Json, object, text } from './json.ts';
import { chosenState, type FieldValue } from './values.ts';

/**
 * One entry of `actions` in a block_actions payload (Slack's page "block_actions payload"): a button carries its value, a
 * menu what was chosen from it.
 */
export function actionFor(placed: Placed, choose: FieldValue | undefined, offered: readonly Json[]): Json {
  const { element, block } = placed;
  const type = text(element.type);
  const base: Json = { action_id: element.action_id, block_id: block.block_id, type };
  if (type === 'button') {
    return {
      ...base,
      text: element.text,
      ...(element.value === undefined ? {} : { value: element.value }),
      ...(element.style === undefined ? {} : { style: element.style }),
    };
  }
  if (choose === undefined) {
    throw new Error(`'${text(element.action_id)}' is a ${type}: say what to choose with { choose }.`);
  }
  return { ...base, ...chosenState(element, choose, offered) };
}

/** The confirmation dialog that stands between the click and the payload, if there is one. */
export function confirmOf(placed: Placed): Json | undefined {
  const { confirm } = placed.element;
  return confirm === undefined || confirm === null ? undefined : object(confirm);
}
