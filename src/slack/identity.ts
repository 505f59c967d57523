import type { WebClient } from '@slack/web-api';
import { type WorkspaceId, workspaceId } from '../domain/ids.ts';
import { Outage } from '../usecases/ports.ts';
import { call } from './errors.ts';

/** Which workspace the token belongs to, and who the bot is there. */
export interface SlackIdentity {
  readonly teamId: WorkspaceId;
  readonly botUserId: string;
  /** The workspace's own address, such as https://example.slack.com/. */
  readonly url: string;
}

export interface IdentityBook {
  /** Asks Slack once and remembers; asks again after a failure. Throws `Outage`. */
  get(): Promise<SlackIdentity>;
  /** Asks Slack again, whatever is remembered. Throws `Outage`. */
  verify(): Promise<SlackIdentity>;
}

export function createIdentity(client: WebClient): IdentityBook {
  let known: Promise<SlackIdentity> | null = null;

  async function verify(): Promise<SlackIdentity> {
    const answer = await call('auth.test', 'repeatable', () => client.auth.test());
    if (!answer.team_id || !answer.user_id) {
      throw new Outage(
        'permanent',
        'SLACK_BOT_TOKEN belongs to no workspace: set the bot token of one, it begins with xoxb-',
      );
    }
    return { teamId: workspaceId(answer.team_id), botUserId: answer.user_id, url: answer.url ?? 'https://slack.com/' };
  }

  return {
    verify,
    get() {
      known ??= verify().catch((error: unknown) => {
        known = null;
        throw error;
      });
      return known;
    },
  };
}

/** The address of a message (Slack: "chat.getPermalink" returns this form), made without asking. */
export const permalink = (identity: SlackIdentity, ref: { channelId: string; ts: string }): string =>
  `${identity.url.replace(/\/$/, '')}/archives/${ref.channelId}/p${ref.ts.replace('.', '')}`;
