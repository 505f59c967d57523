import { type Json, text, words } from '../json.ts';
import { useNames } from '../names.tsx';
import { useSurface } from '../surface.tsx';
import { describe, type Entry, type Option, type OptionGroup, optionGroups } from '../values.ts';
import { Combobox } from './combobox.tsx';

export interface FieldProps {
  readonly block: Json;
  readonly element: Json;
  readonly id: string;
  readonly labelledBy: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

const inputTypes: Readonly<Record<string, string>> = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};
const isMenu = (type: string): boolean => /^(multi_)?(static|external|users|conversations|channels)_select$/.test(type);
/** Fields of several controls have a heading rather than a label. */
export const isGroup = (type: string): boolean => type === 'radio_buttons' || type === 'checkboxes';
export const isField = (type: string): boolean => type in inputTypes || isMenu(type) || isGroup(type);

/** Whatever a person can fill in, by the element's type. */
export function Field(props: FieldProps) {
  const type = text(props.element.type);
  if (isMenu(type)) return <Menu {...props} />;
  if (isGroup(type)) return <Choices {...props} />;
  return <TextField {...props} />;
}

const asText = (entry: Entry): string => (typeof entry === 'string' ? entry : '');
const asChoices = (entry: Entry) => (typeof entry === 'string' ? [] : entry);

function TextField({ block, element, id, labelledBy, describedBy, invalid }: FieldProps) {
  const surface = useSurface();
  const type = text(element.type);
  const common = {
    id,
    className: 'field',
    value: asText(surface.entry(block, element)),
    placeholder: words(element.placeholder),
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'aria-invalid': invalid,
    'aria-required': block.type === 'input' && block.optional !== true,
    'data-action': text(element.action_id),
    'data-autofocus': element.focus_on_load === true,
    onChange: (event: { readonly target: { readonly value: string } }) =>
      surface.enter(block, element, event.target.value),
  };
  if (element.multiline === true) return <textarea {...common} rows={4} />;
  const maximum = typeof element.max_length === 'number' ? { maxLength: element.max_length } : {};
  return (
    <input
      {...common}
      {...maximum}
      type={inputTypes[type] ?? 'text'}
      autoComplete="off"
      onKeyDown={(event) => {
        if (event.key === 'Enter') surface.dispatch(block, element);
      }}
    />
  );
}

function Choices({ block, element, labelledBy, describedBy }: FieldProps) {
  const surface = useSurface();
  const many = element.type === 'checkboxes';
  const chosen = asChoices(surface.entry(block, element));
  const options = optionGroups(element).flatMap((group) => group.options);
  const toggle = (option: Option): void => {
    const choice = { value: option.value ?? '', label: option.text?.text ?? '' };
    const others = chosen.filter(({ value }) => value !== choice.value);
    const toggled = others.length < chosen.length ? others : [...chosen, choice];
    surface.enter(block, element, many ? toggled : [choice]);
  };
  return (
    // Headed by the block's label rather than a legend; whether it is wrong stands in the description.
    <fieldset className="choices" aria-labelledby={labelledBy} aria-describedby={describedBy}>
      {options.map((option) => (
        <label key={option.value} className="choice">
          <input
            type={many ? 'checkbox' : 'radio'}
            name={many ? undefined : labelledBy}
            checked={chosen.some(({ value }) => value === option.value)}
            onChange={() => toggle(option)}
          />
          <span>
            {option.text?.text}
            {describe(option) !== '' && <span className="choice-more">{describe(option)}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Menu({ block, element, id, labelledBy, describedBy, invalid }: FieldProps) {
  const surface = useSurface();
  const names = useNames();
  const type = text(element.type).replace(/^multi_/, '');
  const own: OptionGroup[] =
    type === 'users_select'
      ? [{ label: '', options: names.people.map((person) => asOption(person.id, person.name)) }]
      : type === 'conversations_select' || type === 'channels_select'
        ? [{ label: '', options: names.channels.map((channel) => asOption(channel.id, `#${channel.name}`)) }]
        : optionGroups(element);
  const search = type === 'external_select' ? (query: string) => surface.search(block, element, query) : undefined;
  return (
    <Combobox
      id={id}
      action={text(element.action_id)}
      labelledBy={labelledBy}
      describedBy={describedBy}
      invalid={invalid}
      required={block.type === 'input' && block.optional !== true}
      autofocus={element.focus_on_load === true}
      placeholder={words(element.placeholder) || 'Choose an option'}
      many={text(element.type).startsWith('multi_')}
      chosen={asChoices(surface.entry(block, element))}
      groups={own}
      search={search}
      minimum={typeof element.min_query_length === 'number' ? element.min_query_length : 3}
      onChange={(choices) => surface.enter(block, element, choices)}
    />
  );
}

const asOption = (value: string, label: string): Option => ({ value, text: { text: label } });
