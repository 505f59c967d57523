import { useEffect, useState } from 'react';
import type { Option, OptionGroup } from '../values.ts';

export interface Found {
  readonly groups: readonly OptionGroup[];
  /** What is said instead of options, or besides them. */
  readonly note: string;
}

interface Source {
  readonly groups: readonly OptionGroup[];
  readonly search: ((query: string) => Promise<readonly Option[]>) | undefined;
  readonly minimum: number;
}

/** Slack's client waits a little, too, before it asks the bot. */
const typingPauseMs = 120;
const nothing: Found = { groups: [], note: '' };

/** The options that match: a menu's own, or what the bot finds. Answers to older letters are dropped. */
export function useOptions({ groups, search, minimum }: Source, open: boolean, query: string): Found {
  const [found, setFound] = useState<Found>(nothing);
  // The surface makes a new function at every change; the search itself stays the same.
  const searches = search !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (!open || search === undefined) return;
    if (query.length < minimum) {
      setFound({ groups: [], note: `Type ${minimum} letters to search.` });
      return;
    }
    let stale = false;
    setFound((before) => ({ ...before, note: 'Searching…' }));
    const timer = setTimeout(
      async () => {
        const options = await search(query);
        if (!stale)
          setFound({ groups: [{ label: '', options }], note: options.length === 0 ? 'Nothing matches.' : '' });
      },
      query === '' ? 0 : typingPauseMs,
    );
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [open, query, minimum, searches]);
  return search === undefined ? matching(groups, query) : found;
}

function matching(groups: readonly OptionGroup[], query: string): Found {
  const wanted = query.trim().toLowerCase();
  const kept = groups
    .map(({ label, options }) => ({
      label,
      options: options.filter((option) => (option.text?.text ?? '').toLowerCase().includes(wanted)),
    }))
    .filter(({ options }) => options.length > 0);
  return { groups: kept, note: kept.length === 0 ? 'Nothing matches.' : '' };
}
