import { type Check, type Fields, list, oneOf, optional, required, shape, string } from './checks.ts';
import { anyText, plainText } from './text.ts';

/** The limits of Slack's pages "Block elements" and "Composition objects", each element's own page. */
export const limits = {
  actionId: 255,
  url: 3000,
  buttonText: 75,
  buttonValue: 2000,
  accessibilityLabel: 75,
  placeholder: 150,
  optionText: 75,
  optionValue: 150,
  optionDescription: 75,
  options: 100,
  optionGroups: 100,
  choices: 10,
  overflowOptions: 5,
  plainTextInput: 3000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  altText: 2000,
  files: 10,
} as const;

export const style = optional(oneOf('primary', 'danger'));
export const confirm: Check = shape('confirm', {
  title: optional(plainText(limits.confirmTitle)),
  text: required(anyText(limits.confirmText)),
  confirm: optional(plainText(limits.confirmButton)),
  deny: optional(plainText(limits.confirmButton)),
  style,
});

const option = (text: Check, more: Fields = {}): Check =>
  shape('option', {
    text: required(text),
    value: required(string(limits.optionValue)),
    description: optional(plainText(limits.optionDescription)),
    ...more,
  });

/** An entry of a menu: plain text only. */
export const menuOption = option(plainText(limits.optionText));
/** A radio button or checkbox, which may carry mrkdwn. */
export const choiceOption = option(anyText(limits.optionText), {
  description: optional(anyText(limits.optionDescription)),
});
export const overflowOption = option(plainText(limits.optionText), { url: optional(string(limits.url)) });

export const optionGroup: Check = shape('option_group', {
  label: required(plainText(limits.optionText)),
  options: required(list(menuOption, limits.options)),
});
