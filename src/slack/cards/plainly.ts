import type { AuditEvent } from '../../domain/audit.ts';
import { slackUserId } from '../../domain/ids.ts';
import type { PersonRef } from '../../domain/person.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { type Block, cut, esc } from '../blocks.ts';
import { FIELD_MAX, RECORD_NAME_MAX, SECTION_TEXT_MAX } from '../limits.ts';

/** Slack user id -> how a record names the person. */
export type Names = ReadonlyMap<string, string>;

/** Everybody whom a request's record names, as they were then. */
export function namesIn({ request, grant }: RequestView, events: readonly AuditEvent[] = []): Names {
  const people: (PersonRef | null | undefined)[] = [
    ...events.flatMap(({ data }) =>
      'for' in data && data.for ? [{ ...data.for, slackUserId: slackUserId(data.for.id) }] : [],
    ),
    request.requester,
    request.closedBy,
    ...request.decisions.flatMap(({ by, onBehalfOf }) => [by, onBehalfOf]),
    ...request.edits.flatMap(({ by, onBehalfOf }) => [by, onBehalfOf]),
    request.breakGlass?.review?.by,
    grant?.holder,
    grant?.endRequestedBy,
    ...events.map(({ actor }) => (actor.type === 'person' ? actor.person : null)),
  ];
  return new Map(
    people.flatMap((person) =>
      person ? [[person.slackUserId, `${cut(esc(person.name), RECORD_NAME_MAX)} (${esc(person.email)})`] as const] : [],
    ),
  );
}

/**
 * mrkdwn that says the same without Slack: people by name instead of by mention, which also notifies nobody, and moments with their
 * zone. Whatever people wrote is escaped, so that nothing of it is mistaken for either.
 */
export const plainly = (markup: string, names: Names): string =>
  markup
    .replaceAll(/<!date\^\d+\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<@(\w+)>/g, (mention, user: string) => names.get(user) ?? mention);

/** The same for all mrkdwn of blocks. Names are longer than mentions, so it is cut anew. */
export function inPlainWords(blocks: readonly Block[], names: Names): Block[] {
  return blocks.map((block) => {
    if (block.type === 'context') {
      const elements = block.elements.map((each) =>
        each.type === 'mrkdwn' ? { ...each, text: cut(plainly(each.text, names), SECTION_TEXT_MAX) } : each,
      );
      return { ...block, elements };
    }
    if (block.type !== 'section') return block;
    const said = <T extends { type: string; text: string }>(each: T, max: number): T =>
      each.type === 'mrkdwn' ? { ...each, text: cut(plainly(each.text, names), max) } : each;
    return {
      ...block,
      ...(block.text ? { text: said(block.text, SECTION_TEXT_MAX) } : {}),
      ...(block.fields ? { fields: block.fields.map((each) => said(each, FIELD_MAX)) } : {}),
    };
  });
}
