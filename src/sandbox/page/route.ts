import { useCallback, useEffect, useState } from 'react';

/** Where somebody is; it stands in the address, so that Back, reload and links work. */
export interface Route {
  /** Key of the person; empty for the first one. */
  readonly persona: string;
  /** A channel's name, 'dm', 'home', or empty for the list (which fills the screen of a phone). */
  readonly place: string;
  /** The ts of an open thread's first message; empty for none. */
  readonly thread: string;
  /** The ts of a message that a link leads to; empty for none. */
  readonly at: string;
}

function read(): Route {
  const parts = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  const [persona = '', place = '', ts = ''] = parts;
  return ts.startsWith('@') ? { persona, place, thread: '', at: ts.slice(1) } : { persona, place, thread: ts, at: '' };
}

export type Go = (to: Partial<Route>) => void;

/** Going to another person or place closes the thread. */
export function useRoute(): readonly [Route, Go] {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = (): void => setRoute(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const go = useCallback((to: Partial<Route>) => {
    const next = { ...read(), thread: '', at: '', ...to };
    const parts = [next.persona, next.place, next.thread];
    while (parts.at(-1) === '') parts.pop();
    location.hash = `#/${parts.map(encodeURIComponent).join('/')}`;
  }, []);
  return [route, go];
}
