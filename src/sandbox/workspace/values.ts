import { optionsOf } from './elements.ts';
import { isJson, type Json, object, objects, text } from './json.ts';

/** What a person enters in a field: text, the value of an option, several of them, or an element state as Slack sends it. */
export type FieldValue = string | number | boolean | readonly string[] | null | Json;

/** Slack's `state.values`: block id, then action id, then the element's state (Slack's page "View interaction payloads"). */
export type StateValues = Record<string, Record<string, Json>>;

/** For each element type, the key that carries its value in `state.values` and its own key for the first value. */
const carries: Record<string, { readonly key: string; readonly initial: string }> = {
  plain_text_input: { key: 'value', initial: 'initial_value' },
  email_text_input: { key: 'value', initial: 'initial_value' },
  url_text_input: { key: 'value', initial: 'initial_value' },
  number_input: { key: 'value', initial: 'initial_value' },
  static_select: { key: 'selected_option', initial: 'initial_option' },
  external_select: { key: 'selected_option', initial: 'initial_option' },
  radio_buttons: { key: 'selected_option', initial: 'initial_option' },
  overflow: { key: 'selected_option', initial: '' },
  checkboxes: { key: 'selected_options', initial: 'initial_options' },
  multi_static_select: { key: 'selected_options', initial: 'initial_options' },
  multi_external_select: { key: 'selected_options', initial: 'initial_options' },
  users_select: { key: 'selected_user', initial: 'initial_user' },
  multi_users_select: { key: 'selected_users', initial: 'initial_users' },
  conversations_select: { key: 'selected_conversation', initial: 'initial_conversation' },
  multi_conversations_select: { key: 'selected_conversations', initial: 'initial_conversations' },
  channels_select: { key: 'selected_channel', initial: 'initial_channel' },
  multi_channels_select: { key: 'selected_channels', initial: 'initial_channels' },
  datepicker: { key: 'selected_date', initial: 'initial_date' },
  timepicker: { key: 'selected_time', initial: 'initial_time' },
  datetimepicker: { key: 'selected_date_time', initial: 'initial_date_time' },
};

const manyOptions = new Set(['checkboxes', 'multi_static_select', 'multi_external_select']);
const oneOption = new Set(['static_select', 'external_select', 'radio_buttons', 'overflow']);

/** The state of an element before anybody has touched it. */
export function initialState(element: Json): Json {
  const type = text(element.type);
  const carried = carries[type];
  if (carried === undefined) return { type };
  const empty = manyOptions.has(type) || type.startsWith('multi_') ? [] : null;
  return { type, [carried.key]: element[carried.initial] ?? empty };
}

/**
 * The state of an element after a person has chosen `given`. Options must be among those offered (a static menu's own, or
 * those that a search has returned); an object is taken as it is, for tests that forge a payload.
 */
export function chosenState(element: Json, given: FieldValue, offered: readonly Json[] = []): Json {
  const type = text(element.type);
  const carried = carries[type];
  if (carried === undefined) throw new Error(`An element of type '${type}' takes no value.`);
  if (isJson(given)) return carried.key in given ? { type, ...given } : { type, [carried.key]: given };
  if (given === null || given === '') return { type, [carried.key]: manyOptions.has(type) ? [] : null };
  const options = [...optionsOf(element), ...offered];
  if (manyOptions.has(type)) {
    const wanted = Array.isArray(given) ? given.map(String) : [String(given)];
    return { type, [carried.key]: wanted.map((value) => pick(element, options, value)) };
  }
  if (oneOption.has(type)) return { type, [carried.key]: pick(element, options, String(given)) };
  if (type === 'datetimepicker') return { type, [carried.key]: Number(given) };
  if (type.startsWith('multi_')) return { type, [carried.key]: Array.isArray(given) ? [...given] : [String(given)] };
  return { type, [carried.key]: String(given) };
}

function pick(element: Json, options: readonly Json[], wanted: string): Json {
  const found =
    options.find((option) => option.value === wanted) ?? options.find((option) => object(option.text).text === wanted);
  if (found === undefined) {
    const known = options.map((option) => text(option.value)).join(', ') || 'nothing';
    throw new Error(`'${text(element.action_id)}' doesn't offer '${wanted}'. It offers: ${known}.`);
  }
  return found;
}

/** Whether the value of this state is empty, as Slack's client judges required fields. */
export function isEmpty(state: Json): boolean {
  const carried = carries[text(state.type)];
  if (carried === undefined) return false;
  const value = state[carried.key];
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/**
 * What Slack's client says at a field before it sends anything (Slack's pages "Input block", optional, and "Plain-text
 * input element", min_length and max_length), by block id.
 */
export function complaints(blocks: readonly Json[], values: StateValues): Record<string, string> {
  const found: Record<string, string> = {};
  for (const block of blocks) {
    if (block.type !== 'input') continue;
    const blockId = text(block.block_id);
    const element = object(block.element);
    const state = values[blockId]?.[text(element.action_id)] ?? initialState(element);
    const value = text(state.value);
    if (isEmpty(state)) {
      if (block.optional !== true) found[blockId] = 'Please complete this required field.';
    } else if (typeof element.min_length === 'number' && value.length < element.min_length) {
      found[blockId] = `Please enter at least ${element.min_length} characters.`;
    } else if (typeof element.max_length === 'number' && value.length > element.max_length) {
      found[blockId] = `Please enter no more than ${element.max_length} characters.`;
    }
  }
  return found;
}

/** The state of a view's inputs: what people had typed stays where block id, action id and type are the same. */
export function carryOver(blocks: readonly Json[], before: StateValues): StateValues {
  const values: StateValues = {};
  for (const block of blocks) {
    const blockId = text(block.block_id);
    const elements =
      block.type === 'actions' ? objects(block.elements) : [object(block.element), object(block.accessory)];
    for (const element of elements) {
      const type = text(element.type);
      const actionId = text(element.action_id);
      if (carries[type] === undefined || type === 'overflow') continue;
      const kept = before[blockId]?.[actionId];
      const state = kept?.type === type ? kept : initialState(element);
      values[blockId] = { ...values[blockId], [actionId]: state };
    }
  }
  return values;
}
