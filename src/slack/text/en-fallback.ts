import type { Stage, StageFallback } from '../../domain/policy/types.ts';
import { esc } from '../blocks.ts';
import { lookupFailure } from './en-lookup.ts';
import { groups, plural } from './en-words.ts';

/** Why others are asked from the beginning than a stage names first; empty: they are not. */
export function fellBack({ from, fallback }: Pick<Stage, 'from' | 'fallback'>): string {
  if (!fallback?.used) return '';
  const own = from.filter((name) => !fallback.to.includes(name));
  return ` ${instead(own, fallback.to, fallback.used)}`;
}

/** One sentence, escaped. */
export function instead(
  own: readonly string[],
  to: readonly string[],
  { missing, unavailable }: NonNullable<StageFallback['used']>,
): string {
  const why =
    unavailable === null
      ? `${esc(groups(own))} ${missing === 1 ? 'is 1 person' : `are ${plural(missing, 'person').replace('persons', 'people')}`} short`
      : `${esc(groups(own))} could not be looked up (${esc(lookupFailure(unavailable))})`;
  return `${esc(groups(to))} may decide too, as the policy falls back to: ${why}.`;
}

/** Who else may decide where a stage is short, as a policy says it. */
export const fallsBackTo = ({ fallback }: Pick<Stage, 'fallback'>): string =>
  fallback === null || fallback.used !== null ? '' : ` (${esc(groups(fallback.to))} too where they cannot)`;
