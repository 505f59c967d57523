import type { WebClient } from '@slack/web-api';
import type { SlackUserId } from '../domain/ids.ts';
import type { HomeView, Message, Modal } from './blocks.ts';
import type { Directs } from './directs.ts';
import { call, slackCode } from './errors.ts';

/** Where an answer that only one person sees can go. */
export interface Reach {
  readonly user: SlackUserId;
  /** The channel it began in; null: none. */
  readonly channel: string | null;
  /** Good for five answers within 30 minutes (Slack: "Handling user interaction", response_url); null: there is none. */
  readonly responseUrl: string | null;
}

export interface Place {
  readonly channelId: string;
  readonly ts: string;
}

export interface Screen {
  /** null: the trigger has expired, so that nothing can be opened any more. Throws `Outage`. */
  open(triggerId: string, view: Modal): Promise<{ readonly id: string; readonly hash: string } | null>;
  /** false: the view was closed, or has moved on from `hash`, and nothing was done. Throws `Outage`. */
  update(viewId: string, view: Modal, hash?: string): Promise<boolean>;
  /** The published view's hash; null: what stands there is not what `hash` says. Throws `Outage`. */
  publishHome(user: SlackUserId, view: HomeView, hash: string | null): Promise<string | null>;
  /** For this person's eyes only: by the response_url, else as an ephemeral message, else as a direct one. Throws `Outage`. */
  tell(reach: Reach, message: Message): Promise<void>;
  /** Puts another message in the place of the one that was clicked. Throws `Outage`. */
  replace(reach: Reach, place: Place | null, message: Message): Promise<void>;
}

const TOO_LATE = [
  'expired_trigger_id',
  'exchanged_trigger_id',
  'invalid_trigger_id',
  'trigger_expired',
  'trigger_exchanged',
];
const VIEW_GONE = ['not_found', 'view_not_found', 'hash_conflict'];
/** Why an ephemeral message cannot be delivered, so that a direct one is tried (Slack: "chat.postEphemeral", Errors). */
const NOT_THERE = [
  'user_not_in_channel',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'messages_tab_disabled',
];

export function createScreen(client: WebClient, directs: Directs, timeLimitMs: number): Screen {
  async function ephemeral(channel: string, user: SlackUserId, message: Message): Promise<boolean> {
    try {
      await call('chat.postEphemeral', 'post', () => client.chat.postEphemeral({ channel, user, ...message }));
      return true;
    } catch (error) {
      if (NOT_THERE.includes(slackCode(error) ?? '')) return false;
      throw error;
    }
  }

  return {
    async open(triggerId, view) {
      try {
        const answer = await call('views.open', 'repeatable', () => client.views.open({ trigger_id: triggerId, view }));
        return { id: answer.view?.id ?? '', hash: answer.view?.hash ?? '' };
      } catch (error) {
        if (TOO_LATE.includes(slackCode(error) ?? '')) return null;
        throw error;
      }
    },

    async update(viewId, view, hash) {
      try {
        await call('views.update', 'repeatable', () =>
          client.views.update({ view_id: viewId, view, ...(hash === undefined ? {} : { hash }) }),
        );
        return true;
      } catch (error) {
        if (VIEW_GONE.includes(slackCode(error) ?? '')) return false;
        throw error;
      }
    },

    async publishHome(user, view, hash) {
      try {
        const answer = await call('views.publish', 'repeatable', () =>
          client.views.publish({ user_id: user, view, ...(hash === null ? {} : { hash }) }),
        );
        return answer.view?.hash ?? '';
      } catch (error) {
        if (slackCode(error) === 'hash_conflict') return null;
        throw error;
      }
    },

    async tell(reach, message) {
      if (reach.responseUrl && (await respond(reach.responseUrl, { ...message, replace_original: false }, timeLimitMs)))
        return;
      if (reach.channel && (await ephemeral(reach.channel, reach.user, message))) return;
      const channel = await directs.with(reach.user);
      await call('chat.postMessage', 'post', () => client.chat.postMessage({ channel, ...message }));
    },

    async replace(reach, place, message) {
      if (reach.responseUrl && (await respond(reach.responseUrl, { ...message, replace_original: true }, timeLimitMs)))
        return;
      if (place === null) return;
      await call('chat.update', 'repeatable', () =>
        client.chat.update({ channel: place.channelId, ts: place.ts, ...message }),
      );
    },
  };
}

/** Posts to a response_url. false: it was used up, expired or could not be reached, and another way is tried. */
async function respond(
  url: string,
  message: Message & { replace_original: boolean },
  timeLimitMs: number,
): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ response_type: 'ephemeral', ...message }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeLimitMs),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
