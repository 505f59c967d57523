import { useCallback, useState } from 'react';

/** A choice that outlives a reload. Where the browser keeps nothing, it lives as long as the page. */
export function useKept(name: string, initially: boolean): readonly [boolean, (value: boolean) => void] {
  const key = `elevate-sandbox-${name}`;
  const [value, setValue] = useState(() => {
    try {
      return JSON.parse(localStorage.getItem(key) ?? String(initially)) === true;
    } catch {
      return initially;
    }
  });
  const keep = useCallback(
    (next: boolean) => {
      setValue(next);
      try {
        localStorage.setItem(key, String(next));
      } catch {
        // A private window may refuse; the choice then ends with the page.
      }
    },
    [key],
  );
  return [value, keep];
}
