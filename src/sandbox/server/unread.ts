/** What each person has read, by conversation: the place of the last message they saw. Kept here, so that it outlives a reload. */
export type Reading = ReturnType<typeof createReading>;

export function createReading() {
  const readUpTo = new Map<string, number>();
  const key = (personId: string, conversation: string): string => `${personId}/${conversation}`;
  return {
    isNew: (personId: string, conversation: string, place: number): boolean =>
      place > (readUpTo.get(key(personId, conversation)) ?? 0),
    /** Returns whether that changed anything. */
    read(personId: string, conversation: string, place: number): boolean {
      const at = key(personId, conversation);
      if (place <= (readUpTo.get(at) ?? 0)) return false;
      readUpTo.set(at, place);
      return true;
    },
  };
}
