import { createContext, useContext } from 'react';
import type { Json } from './json.ts';
import type { Choice, Entry, Option } from './values.ts';

/** What blocks stand on: a message, the App Home or a modal. It keeps what was entered and sends what was pressed. */
export interface Surface {
  /** Distinguishes element ids on the page. */
  readonly id: string;
  readonly entry: (block: Json, element: Json) => Entry;
  /** Notes what was entered; tells the bot at once where Slack would. */
  readonly enter: (block: Json, element: Json, entry: Entry) => void;
  /** Presses a button, or chooses from a menu, after the confirmation dialog if there is one. */
  readonly press: (block: Json, element: Json, choice?: Choice) => void;
  /** A field with dispatch_action was left by Enter. */
  readonly dispatch: (block: Json, element: Json) => void;
  readonly search: (block: Json, element: Json, query: string) => Promise<readonly Option[]>;
  /** What stands at the field of this block. */
  readonly errorOf: (block: Json) => string | undefined;
  /** `<block id>/<action id>` of what is being sent now; empty for nothing. */
  readonly busy: string;
}

const nowhere: Surface = {
  id: '',
  entry: () => '',
  enter: () => undefined,
  press: () => undefined,
  dispatch: () => undefined,
  search: async () => [],
  errorOf: () => undefined,
  busy: '',
};
const Context = createContext<Surface>(nowhere);
export const SurfaceProvider = Context.Provider;
export const useSurface = (): Surface => useContext(Context);
