import { isJson, type Json, object, objects, text, words } from './json.ts';

/** An option object (Slack's page "Option object"). */
export interface Option {
  readonly text?: { readonly text?: string };
  readonly value?: string;
  readonly description?: { readonly text?: string };
}

/** Options under a heading; an empty one for options that have none. */
export interface OptionGroup {
  readonly label: string;
  readonly options: readonly Option[];
}

/** What stands in a field: text, or what was chosen with the words to show for it. */
export type Entry = string | readonly Choice[];

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export const choiceOf = (option: Option): Choice => ({ value: option.value ?? '', label: option.text?.text ?? '' });

/** What the page sends for an entry. */
export function toSend(entry: Entry, many: boolean, type: string): string | number | string[] | null {
  if (typeof entry === 'string') {
    if (type === 'datetimepicker' && entry !== '') return Math.floor(new Date(entry).getTime() / 1000);
    return entry === '' ? null : entry;
  }
  return many ? entry.map(({ value }) => value) : (entry[0]?.value ?? null);
}

/** The entry that Slack's state object stands for (Slack's page "View interaction payloads", state). */
export function entryOf(state: Json, nameOf: (id: string) => string): Entry {
  const type = text(state.type);
  const option = state.selected_option;
  if (isJson(option)) return [{ value: text(option.value), label: words(option.text) }];
  if (Array.isArray(state.selected_options)) {
    return objects(state.selected_options).map((each) => ({ value: text(each.value), label: words(each.text) }));
  }
  for (const key of ['selected_user', 'selected_conversation', 'selected_channel']) {
    const id = text(state[key]);
    if (id !== '') return [{ value: id, label: nameOf(id) }];
    const ids = state[`${key}s`];
    if (Array.isArray(ids)) return ids.map((each) => ({ value: text(each), label: nameOf(text(each)) }));
  }
  if (type === 'datetimepicker') {
    return typeof state.selected_date_time === 'number' ? localTime(state.selected_date_time) : '';
  }
  if (type === 'datepicker') return text(state.selected_date);
  if (type === 'timepicker') return text(state.selected_time);
  if (type.endsWith('_select') || type === 'radio_buttons') return [];
  return text(state.value);
}

/** For input type="datetime-local", in the browser's zone. */
function localTime(seconds: number): string {
  const at = new Date(seconds * 1000);
  const shifted = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** A static menu's own options, group by group. */
export function optionGroups(element: Json): OptionGroup[] {
  if (Array.isArray(element.option_groups)) {
    return objects(element.option_groups).map((group) => ({
      label: words(group.label),
      options: objects(group.options) as Option[],
    }));
  }
  return [{ label: '', options: objects(element.options) as Option[] }];
}

export const describe = (option: Option): string => words(object(option).description);
