import type { z } from 'zod';
import { shortKey } from '../../domain/policy/short-key.ts';
import type { RoleOffer } from '../../usecases/offer-roles.ts';
import { plain } from '../blocks.ts';
import { actorOf, type Desk } from '../desk.ts';
import { OPTION_GROUPS_MAX, OPTION_TEXT_MAX, OPTIONS_MAX } from '../limits.ts';
import type { suggestionPayload } from '../payloads.ts';
import type { Text } from '../text/en.ts';

interface Option {
  readonly text: ReturnType<typeof plain>;
  readonly description: ReturnType<typeof plain>;
  readonly value: string;
}
export interface Suggestions {
  readonly option_groups: { label: ReturnType<typeof plain>; options: Option[] }[];
}

/** What the search of the form offers: the roles that this person may ask for, by resource. Nobody else's show. */
export async function suggestRoles(desk: Desk, payload: z.infer<typeof suggestionPayload>): Promise<Suggestions> {
  const actor = await actorOf(desk, payload.user.id, [payload.team?.id, payload.user.team_id]);
  if (actor === null) return { option_groups: [] };
  const found = await desk.usecases().offerRoles({ ...actor, query: payload.value, limit: OPTIONS_MAX, recents: true });
  // Why nothing is offered stands in the form itself, where there is room for a sentence.
  if (!found.ok) return { option_groups: [] };
  return { option_groups: optionGroups(found.offers, found.recent, found.total, desk.text) };
}

export function optionGroups(
  offers: readonly RoleOffer[],
  recent: number,
  total: number,
  text: Text,
): Suggestions['option_groups'] {
  const words = text.forms.ask;
  const byResource = new Map<string, RoleOffer[]>();
  for (const offer of offers.slice(recent))
    byResource.set(offer.resource, [...(byResource.get(offer.resource) ?? []), offer]);
  const onTop: [string, RoleOffer[]][] = recent > 0 ? [[words.recents, offers.slice(0, recent)]] : [];
  const more = total > offers.length ? ` · ${words.moreMatches(offers.length, total)}` : '';
  return [...onTop, ...byResource].slice(0, OPTION_GROUPS_MAX).map(([resource, inside]) => ({
    label: plain(`${resource}${more}`, OPTION_TEXT_MAX),
    options: inside.map((offer) => ({
      text: plain(words.optionText(offer), OPTION_TEXT_MAX),
      description: plain(words.optionDescription(offer), OPTION_TEXT_MAX),
      value: shortKey(offer.key),
    })),
  }));
}
