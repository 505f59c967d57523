import type { WebClient } from '@slack/web-api';
import { type SlackUserId, slackUserId, type WorkspaceId } from '../domain/ids.ts';
import { Outage } from '../usecases/ports.ts';
import { call } from './errors.ts';
import { createMemory } from './remember.ts';

interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly disabled: boolean;
  readonly users: readonly SlackUserId[];
}

const GROUP_ID = /^S[A-Z0-9]{6,}$/;

/**
 * User groups by handle or id. One call brings all of them with their members (Slack: "usergroups.list", include_users), which
 * suits its tier 2 of 20 calls a minute.
 */
export function createUserGroups(client: WebClient, now: () => number, rememberMs: number) {
  const memory = createMemory<readonly UserGroup[]>(rememberMs, now);

  const all = (workspace: WorkspaceId): Promise<readonly UserGroup[]> =>
    memory.get(workspace, async () => {
      const answer = await call('usergroups.list', 'repeatable', () =>
        client.usergroups.list({ include_users: true, include_disabled: true }),
      );
      return (answer.usergroups ?? []).map((group) => ({
        id: group.id ?? '',
        handle: group.handle ?? '',
        disabled: (group.date_delete ?? 0) !== 0,
        users: (group.users ?? []).map(slackUserId),
      }));
    });

  return {
    /** Throws `Outage`, also when there is no such group or it was disabled: an empty group would say that nobody is in it. */
    async members(workspace: WorkspaceId, handleOrId: string): Promise<readonly SlackUserId[]> {
      const wanted = handleOrId.replace(/^@/, '');
      const groups = await all(workspace);
      const group = groups.find((each) => (GROUP_ID.test(wanted) ? each.id === wanted : each.handle === wanted));
      if (!group) throw new Outage('permanent', `Slack has no user group @${wanted}: create it, or correct the policy`);
      if (group.disabled) throw new Outage('permanent', `the Slack user group @${wanted} is disabled: enable it again`);
      return group.users;
    },
  };
}
