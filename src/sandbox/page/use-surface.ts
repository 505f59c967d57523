import { useRef, useState } from 'react';
import { act } from './api.ts';
import { useFeedback } from './feedback.tsx';
import { isJson, type Json, object, text } from './json.ts';
import { nameOf, useNames } from './names.tsx';
import type { Surface } from './surface.tsx';
import { type Choice, type Entry, entryOf, toSend } from './values.ts';

export type Target = 'modal' | 'home' | { readonly channel: string; readonly ts: string };

interface Given {
  readonly id: string;
  readonly as: string;
  readonly target: Target;
  /** Slack's `state.values`, as the server has it. */
  readonly values: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly errors: Readonly<Record<string, string>>;
}

interface Entered {
  readonly blockId: string;
  readonly actionId: string;
  readonly isInput: boolean;
  readonly entry: Entry;
  readonly send: string | number | string[] | null;
}

const many = (element: Json): boolean => text(element.type).startsWith('multi_') || element.type === 'checkboxes';
const pathOf = (block: Json, element: Json): string => `${text(block.block_id)}/${text(element.action_id)}`;

export interface LiveSurface extends Surface {
  /** What was entered and not sent yet, by block id. */
  readonly unsent: () => Record<string, string | number | string[] | null>;
  /** Errors stand at their fields until those are changed. */
  readonly forgetChanges: () => void;
}

/** The state of an element that nobody has touched, for messages, whose state the server doesn't keep. */
function untouched(element: Json): Json {
  const state: Json = { type: element.type };
  for (const [key, value] of Object.entries(element)) {
    if (key === 'initial_value') state.value = value;
    else if (key.startsWith('initial_')) state[key.replace('initial_', 'selected_')] = value;
  }
  return state;
}

/** A surface whose entries live in the page until something is sent. */
export function useLiveSurface({ id, as, target, values, errors }: Given): LiveSurface {
  const names = useNames();
  const { tell, confirm } = useFeedback();
  // In a ref, so that what is sent in the same moment has it; the state redraws the fields.
  const latest = useRef<Readonly<Record<string, Entered>>>({});
  const [, redraw] = useState(latest.current);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState('');

  const entry = (block: Json, element: Json): Entry => {
    const here = latest.current[pathOf(block, element)];
    if (here !== undefined) return here.entry;
    const state = values[text(block.block_id)]?.[text(element.action_id)];
    return entryOf(object(state ?? untouched(element)), (each) => nameOf(names, each));
  };
  const keep = (block: Json, element: Json, given: Entry): void => {
    const send = toSend(given, many(element), text(element.type));
    const blockId = text(block.block_id);
    const kept = { blockId, actionId: text(element.action_id), isInput: block.type === 'input', entry: given, send };
    latest.current = { ...latest.current, [pathOf(block, element)]: kept };
    redraw(latest.current);
    setChanged((all) => new Set(all).add(blockId));
  };
  // What stands outside of inputs was told at once; fields that the view has lost are nobody's any more.
  const unsent = (): Record<string, Entered['send']> =>
    Object.fromEntries(
      Object.values(latest.current)
        .filter(({ isInput, blockId, actionId }) => isInput && values[blockId]?.[actionId] !== undefined)
        .map(({ blockId, send }) => [blockId, send]),
    );
  const where = (block: Json, element: Json) => ({
    as,
    target,
    blockId: text(block.block_id),
    actionId: text(element.action_id),
    values: target === 'modal' ? unsent() : {},
  });
  const send = async (block: Json, element: Json, choose?: Entered['send']): Promise<void> => {
    if (isJson(element.confirm) && !(await confirm(element.confirm))) return;
    setBusy(pathOf(block, element));
    const { problem } = await act('click', { ...where(block, element), ...(choose === undefined ? {} : { choose }) });
    setBusy('');
    tell(problem);
  };
  const change = async (block: Json, element: Json): Promise<void> => {
    const value = latest.current[pathOf(block, element)]?.send ?? null;
    const { blockId, actionId } = where(block, element);
    const { problem } = await act('change', { as, viewId: id, blockId, actionId, value, values: unsent() });
    tell(problem);
  };
  return {
    id,
    busy,
    entry,
    enter: (block, element, given) => {
      keep(block, element, given);
      const type = text(element.type);
      if (block.type !== 'input') void send(block, element, toSend(given, many(element), type));
      else if (block.dispatch_action === true && !type.endsWith('_input')) void change(block, element);
    },
    press: (block, element, choice?: Choice) => void send(block, element, choice?.value),
    dispatch: (block, element) => void (block.dispatch_action === true && change(block, element)),
    search: async (block, element, query) => {
      const { options, problem } = await act('suggest', { ...where(block, element), query });
      tell(problem);
      return options;
    },
    errorOf: (block) => (changed.has(text(block.block_id)) ? undefined : errors[text(block.block_id)]),
    unsent,
    forgetChanges: () => setChanged(new Set()),
  };
}
