import { isJson, type Json, objects } from '../workspace/json.ts';
import {
  type At,
  anything,
  boolean,
  byType,
  type Check,
  type Fields,
  inside,
  integer,
  list,
  oneOf,
  optional,
  pattern,
  report,
  required,
  shape,
  string,
} from './checks.ts';
import { choiceOption, confirm, limits, menuOption, optionGroup, overflowOption, style } from './composition.ts';
import { plainText } from './text.ts';

const type = required(anything);
const actionable: Fields = { type, action_id: optional(string(limits.actionId, 1)) };
const focusable: Fields = { focus_on_load: optional(boolean) };
const confirmable: Fields = { confirm: optional(confirm) };
const placeholdable: Fields = { placeholder: optional(plainText(limits.placeholder)) };
const dispatchable: Fields = {
  dispatch_action_config: optional(
    shape('dispatch_action_config', {
      trigger_actions_on: optional(list(oneOf('on_enter_pressed', 'on_character_entered'), 2)),
    }),
  ),
};
const menu: Fields = { ...actionable, ...confirmable, ...focusable, ...placeholdable };
const multi: Fields = { ...menu, max_selected_items: optional(integer(1, Number.MAX_SAFE_INTEGER)) };
const typed: Fields = { ...actionable, ...placeholdable, ...focusable, ...dispatchable };

/** "exactly matches one of the options": the same text and value. */
function sameOption(left: Json, right: Json): boolean {
  const words = (o: Json): unknown => (isJson(o.text) ? o.text.text : undefined);
  return left.value === right.value && words(left) === words(right);
}

function offered(element: Json): Json[] {
  return [...objects(element.options), ...objects(element.option_groups).flatMap((group) => objects(group.options))];
}

function checkInitial(element: Json, at: At): void {
  const initial = isJson(element.initial_option) ? [element.initial_option] : objects(element.initial_options);
  const all = offered(element);
  for (const chosen of initial) {
    if (!all.some((candidate) => sameOption(candidate, chosen))) {
      report(inside(at, 'initial_option'), 'initial_option', 'the first choice is none of the options');
    }
  }
}

function checkChoices(element: Json, at: At): void {
  checkInitial(element, at);
  const values = offered(element).map((candidate) => candidate.value);
  if (new Set(values).size !== values.length) report(at, 'duplicate_value', 'two options have the same value');
}

function checkStatic(element: Json, at: At): void {
  if ((element.options === undefined) === (element.option_groups === undefined)) {
    report(at, 'options_or_groups', 'must have either options or option_groups');
  }
  checkChoices(element, at);
}

const staticOptions: Fields = {
  options: optional(list(menuOption, limits.options)),
  option_groups: optional(list(optionGroup, limits.optionGroups)),
};
const external: Fields = { min_query_length: optional(integer(0, 1000)) };
const conversations: Fields = { default_to_current_conversation: optional(boolean), filter: optional(anything) };
const ids = optional(list(string(30, 1), Number.MAX_SAFE_INTEGER, 0));
const id = optional(string(30, 1));
const answersByUrl: Fields = { response_url_enabled: optional(boolean) };

const element = (name: string, fields: Fields, more?: (value: Json, at: At) => void): Check =>
  shape(name, fields, more);

/** Every interactive element and the image, by type. */
export const elements: Readonly<Record<string, Check>> = {
  button: element('button', {
    ...actionable,
    ...confirmable,
    text: required(plainText(limits.buttonText)),
    value: optional(string(limits.buttonValue)),
    url: optional(string(limits.url)),
    style,
    accessibility_label: optional(string(limits.accessibilityLabel)),
  }),
  checkboxes: element(
    'checkboxes',
    {
      ...actionable,
      ...confirmable,
      ...focusable,
      options: required(list(choiceOption, limits.choices)),
      initial_options: optional(list(choiceOption, limits.choices)),
    },
    checkChoices,
  ),
  radio_buttons: element(
    'radio_buttons',
    {
      ...actionable,
      ...confirmable,
      ...focusable,
      options: required(list(choiceOption, limits.choices)),
      initial_option: optional(choiceOption),
    },
    checkChoices,
  ),
  overflow: element('overflow', {
    ...actionable,
    ...confirmable,
    options: required(list(overflowOption, limits.overflowOptions)),
  }),
  static_select: element(
    'static_select',
    { ...menu, ...staticOptions, initial_option: optional(menuOption) },
    checkStatic,
  ),
  multi_static_select: element(
    'multi_static_select',
    { ...multi, ...staticOptions, initial_options: optional(list(menuOption, limits.options)) },
    checkStatic,
  ),
  external_select: element('external_select', { ...menu, ...external, initial_option: optional(menuOption) }),
  multi_external_select: element('multi_external_select', {
    ...multi,
    ...external,
    initial_options: optional(list(menuOption, limits.options)),
  }),
  users_select: element('users_select', { ...menu, initial_user: id }),
  multi_users_select: element('multi_users_select', { ...multi, initial_users: ids }),
  conversations_select: element('conversations_select', {
    ...menu,
    ...conversations,
    ...answersByUrl,
    initial_conversation: id,
  }),
  multi_conversations_select: element('multi_conversations_select', {
    ...multi,
    ...conversations,
    initial_conversations: ids,
  }),
  channels_select: element('channels_select', { ...menu, ...answersByUrl, initial_channel: id }),
  multi_channels_select: element('multi_channels_select', { ...multi, initial_channels: ids }),
  datepicker: element('datepicker', { ...menu, initial_date: optional(pattern(/^\d{4}-\d{2}-\d{2}$/, '2026-05-31')) }),
  timepicker: element('timepicker', {
    ...menu,
    initial_time: optional(pattern(/^\d{2}:\d{2}$/, '09:30')),
    timezone: optional(string(100)),
  }),
  datetimepicker: element('datetimepicker', {
    ...actionable,
    ...confirmable,
    ...focusable,
    initial_date_time: optional(integer(1_000_000_000, 9_999_999_999)),
  }),
  plain_text_input: element(
    'plain_text_input',
    {
      ...typed,
      initial_value: optional(string(limits.plainTextInput)),
      multiline: optional(boolean),
      min_length: optional(integer(0, limits.plainTextInput)),
      max_length: optional(integer(1, limits.plainTextInput)),
    },
    (value, at) => {
      if (Number(value.min_length ?? 0) > Number(value.max_length ?? limits.plainTextInput)) {
        report(at, 'min_above_max', 'min_length is above max_length');
      }
    },
  ),
  email_text_input: element('email_text_input', { ...typed, initial_value: optional(string(limits.plainTextInput)) }),
  url_text_input: element('url_text_input', { ...typed, initial_value: optional(string(limits.plainTextInput)) }),
  number_input: element('number_input', {
    ...typed,
    is_decimal_allowed: required(boolean),
    initial_value: optional(string(100)),
    min_value: optional(string(100)),
    max_value: optional(string(100)),
  }),
  rich_text_input: element('rich_text_input', { ...typed, initial_value: optional(anything) }),
  file_input: element('file_input', {
    ...actionable,
    filetypes: optional(list(string(20, 1), 100)),
    max_files: optional(integer(1, limits.files)),
  }),
  workflow_button: element('workflow_button', {
    ...actionable,
    ...confirmable,
    text: required(plainText(limits.buttonText)),
    workflow: required(anything),
    style,
    accessibility_label: optional(string(limits.accessibilityLabel)),
  }),
  image: element('image', {
    type,
    image_url: optional(string(limits.url, 1)),
    slack_file: optional(anything),
    alt_text: required(string(limits.altText, 1)),
  }),
};

const selects = Object.keys(elements).filter((name) => name.endsWith('_select'));
const pickers = ['datepicker', 'timepicker', 'datetimepicker', 'checkboxes', 'radio_buttons', ...selects];
const typedIn = [
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'rich_text_input',
  'file_input',
];

/** Which elements may stand where (each element's page, "Works with block types"). */
export const accessory = byType('element', elements, [
  'button',
  'overflow',
  'workflow_button',
  'image',
  ...pickers.filter((name) => name !== 'datetimepicker'),
]);
export const inActions = byType('element', elements, [
  'button',
  'overflow',
  'workflow_button',
  'rich_text_input',
  ...pickers,
]);
export const inInput = byType('element', elements, [...typedIn, ...pickers]);
