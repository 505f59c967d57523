import type { Location } from '../location.ts';

/** A place for a finding about something that has none, as in a policy that was read from its stored content. */
export const at = (location: Location | null): Location => location ?? { path: 'policy', line: 1, column: 1 };
