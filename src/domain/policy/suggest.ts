/** Names longer than this are cut before they are compared, so that a hostile file costs nothing. */
const MAX_COMPARED = 60;
const MAX_CANDIDATES = 2_000;

/** The candidate that somebody probably meant, or null when none is close. */
export function closest<Name extends string>(name: string, candidates: Iterable<Name>): Name | null {
  const wanted = name.slice(0, MAX_COMPARED).toLowerCase();
  const tolerated = Math.max(1, Math.floor(wanted.length / 3));
  let best: Name | null = null;
  let bestDistance = tolerated + 1;
  let compared = 0;
  for (const candidate of candidates) {
    compared += 1;
    if (compared > MAX_CANDIDATES) break;
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate.slice(0, MAX_COMPARED).toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A fix that names the likely candidate, or else all of them when they are few. */
export function suggestion(name: string, candidates: Iterable<string>, otherwise: string): string {
  const all = [...candidates];
  const meant = closest(name, all);
  if (meant !== null) return `Did you mean '${meant}'?`;
  return all.length > 0 && all.length <= 20 ? `${otherwise} There are: ${all.join(', ')}.` : otherwise;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
