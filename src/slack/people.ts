import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import { type SlackUserId, slackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { Outage } from '../usecases/ports.ts';
import { call, slackCode } from './errors.ts';
import { personOf, slackUser } from './person.ts';
import { createMemory } from './remember.ts';
import { createUserGroups } from './user-groups.ts';

/** Up to so many people are asked for one by one (Slack: "users.info", tier 4); more of them by reading the list (tier 2). */
const ONE_BY_ONE_MAX = 20;
/** People of one page (Slack: "users.list" recommends no more than 200 and allows up to 1,000). */
const PAGE = 1_000;
const PAGES_MAX = 50;

/** Custom fields of a profile by their id; Slack sends an empty list where there are none (Slack: "users.profile.get"). */
const profileFields = z.object({
  fields: z
    .union([
      z.record(z.string(), z.object({ value: z.string().optional() })),
      z.array(z.unknown()).transform(() => null),
    ])
    .nullish(),
});

/** People and user groups as Slack knows them, remembered for so long at most. Every method throws `Outage`. */
export function createPeople(client: WebClient, now: () => number, rememberMs: number) {
  const known = createMemory<Person | null>(rememberMs, now);
  const addresses = createMemory<Person | null>(rememberMs, now);
  const fields = createMemory<string | null>(rememberMs, now);
  const groups = createUserGroups(client, now, rememberMs);

  const person = (workspace: WorkspaceId, user: SlackUserId): Promise<Person | null> =>
    known.get(`${workspace}/${user}`, async () => {
      try {
        const answer = await call('users.info', 'repeatable', () => client.users.info({ user }));
        return personOf(workspace, slackUser.parse(answer.user));
      } catch (error) {
        if (['user_not_found', 'user_not_visible', 'users_not_found'].includes(slackCode(error) ?? '')) return null;
        throw error;
      }
    });

  /** Remembers everybody that Slack lists, until those that are wanted have been seen. */
  async function readList(workspace: WorkspaceId, wanted: Set<SlackUserId>): Promise<void> {
    let cursor = '';
    for (let page = 0; page < PAGES_MAX && wanted.size > 0; page += 1) {
      const answer = await call('users.list', 'repeatable', () =>
        client.users.list({ limit: PAGE, ...(cursor === '' ? {} : { cursor }) }),
      );
      for (const member of answer.members ?? []) {
        const read = slackUser.parse(member);
        if (wanted.delete(slackUserId(read.id))) known.put(`${workspace}/${read.id}`, personOf(workspace, read));
      }
      cursor = answer.response_metadata?.next_cursor ?? '';
      if (cursor === '') return;
    }
  }

  return {
    person,

    async persons(workspace: WorkspaceId, users: readonly SlackUserId[]): Promise<ReadonlyMap<SlackUserId, Person>> {
      const unknown = new Set(users.filter((user) => known.peek(`${workspace}/${user}`) === undefined));
      if (unknown.size > ONE_BY_ONE_MAX) await readList(workspace, unknown);
      if (unknown.size > ONE_BY_ONE_MAX) {
        throw new Outage(
          'permanent',
          `Slack lists ${unknown.size} people of a user group nowhere: name a smaller group`,
        );
      }
      const found = await Promise.all(users.map((user) => person(workspace, user)));
      return new Map(found.filter((each) => each !== null).map((each) => [each.slackUserId, each]));
    },

    byEmail: (workspace: WorkspaceId, email: string): Promise<Person | null> =>
      addresses.get(`${workspace}/${email}`, async () => {
        try {
          const answer = await call('users.lookupByEmail', 'repeatable', () => client.users.lookupByEmail({ email }));
          return personOf(workspace, slackUser.parse(answer.user));
        } catch (error) {
          if (slackCode(error) === 'users_not_found') return null;
          throw error;
        }
      }),

    userGroup: groups.members,

    profileField: (workspace: WorkspaceId, user: SlackUserId, field: string): Promise<string | null> =>
      fields.get(`${workspace}/${user}/${field}`, async () => {
        const answer = await call('users.profile.get', 'repeatable', () => client.users.profile.get({ user }));
        const { fields: found } = profileFields.parse(answer.profile ?? {});
        return found?.[field]?.value?.trim() || null;
      }),
  };
}
