import { z } from 'zod';
import { slackUserId, type WorkspaceId } from '../domain/ids.ts';
import type { Person, Standing } from '../domain/person.ts';
import { Outage } from '../usecases/ports.ts';

/** The parts of Slack's user object that we read (Slack: "User object"). Deactivated accounts come without most of it. */
export const slackUser = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  name: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_workflow_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  tz: z.string().optional(),
  real_name: z.string().optional(),
  enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
  profile: z
    .object({ email: z.string().optional(), real_name: z.string().optional(), display_name: z.string().optional() })
    .optional(),
});

export type SlackUser = z.infer<typeof slackUser>;

const SLACKBOT = 'USLACKBOT';

/** Throws `Outage` for a member whose address Slack withholds: without it nobody could be told from anybody else. */
export function personOf(workspace: WorkspaceId, user: SlackUser): Person {
  const standing = standingOf(workspace, user);
  const email = user.profile?.email?.toLowerCase() ?? '';
  if (standing === 'member' && email === '') {
    throw new Outage(
      'permanent',
      `Slack tells no email address of ${user.id}: reinstall the app with the scope users:read.email, and check that the account has one`,
    );
  }
  return {
    workspaceId: workspace,
    slackUserId: slackUserId(user.id),
    email,
    name: user.profile?.display_name || user.profile?.real_name || user.real_name || user.name || user.id,
    standing,
    timezone: user.tz ?? 'UTC',
    managerId: null,
  };
}

function standingOf(workspace: WorkspaceId, user: SlackUser): Standing {
  if (user.deleted) return 'deactivated';
  if (user.is_bot || user.is_workflow_bot || user.id === SLACKBOT) return 'bot';
  const teams = user.enterprise_user?.teams ?? [];
  const ours = user.team_id === workspace || teams.includes(workspace);
  if (user.is_stranger || !ours) return 'stranger';
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member';
}
