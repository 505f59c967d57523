import { createContext, useContext } from 'react';
import type { Snapshot } from '../server/snapshot.ts';

/** How people, groups and channels are called. */
export interface Names {
  readonly people: readonly { readonly id: string; readonly key: string; readonly name: string }[];
  readonly groups: readonly { readonly id: string; readonly handle: string; readonly name: string }[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
  /** The person whose screen this is: Slack id and key. */
  readonly me: string;
  readonly as: string;
}

export function namesOf(screen: Snapshot): Names {
  return {
    people: [...screen.people, { id: screen.botUserId, key: 'app', name: screen.appName }],
    groups: screen.groups,
    channels: screen.conversations.filter(({ kind }) => kind !== 'direct'),
    me: screen.people.find(({ key }) => key === screen.as)?.id ?? '',
    as: screen.as,
  };
}

const Context = createContext<Names>({ people: [], groups: [], channels: [], me: '', as: '' });
export const NamesProvider = Context.Provider;
export const useNames = (): Names => useContext(Context);

/** A person's or channel's name by id; the id itself for somebody unknown. */
export function nameOf(names: Names, id: string): string {
  return names.people.find((person) => person.id === id)?.name ?? names.channels.find((c) => c.id === id)?.name ?? id;
}
