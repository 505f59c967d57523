import type { Conversations } from './conversations.ts';
import type { People, UserGroups } from './people.ts';

/**
 * What Slack makes of the text after a command whose manifest sets should_escape (Slack's page "Implementing slash
 * commands", "Escaping"): `&`, `<` and `>` become entities; @people, @groups, #channels and links become references.
 * People are called by the keys of the seed: `@dev`.
 */
export function escapeCommandText(
  raw: string,
  known: { people: People; groups: UserGroups; conversations: Conversations },
): string {
  const entities = raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return entities
    .replace(/https?:\/\/[^\s]+/g, (link) => `<${link}>`)
    .replace(/(^|\s)@([\w.-]+)/g, (whole, space: string, name: string) => {
      const person = known.people.find(name);
      if (person !== undefined) return `${space}<@${person.id}|${person.key}>`;
      const group = known.groups.all().find((candidate) => candidate.handle === name);
      return group === undefined ? whole : `${space}<!subteam^${group.id}|@${group.handle}>`;
    })
    .replace(/(^|\s)#([\w-]+)/g, (whole, space: string, name: string) => {
      const channel = known.conversations.find(name);
      return channel === undefined || channel.isPrivate ? whole : `${space}<#${channel.id}|${channel.name}>`;
    });
}
