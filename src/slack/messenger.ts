import type { WebClient } from '@slack/web-api';
import type { AuditEvent, AuditKind } from '../domain/audit.ts';
import { type CardRef, type Messenger, Outage, type RequestView } from '../usecases/ports.ts';
import { ACTION } from './action-ids.ts';
import { type Block, type Message, section } from './blocks.ts';
import { grantValue } from './button-value.ts';
import { alertMessage, alertReminder } from './cards/alert.ts';
import { requestCard } from './cards/card.ts';
import { driftMessage } from './cards/drift.ts';
import { breakGlassAlert, button, noticeMessage, plainMessage } from './cards/notice.ts';
import { policyNewsMessage } from './cards/policy-news.ts';
import type { Channels } from './channels.ts';
import type { Directs } from './directs.ts';
import { call, slackCode } from './errors.ts';
import type { Text } from './text/en.ts';

/** Slack's codes for somebody who can no longer be written to (Slack: "conversations.open", Errors). */
const GONE = ['user_disabled', 'user_not_found', 'users_not_found', 'cannot_dm_bot'];

/** Slack: "chat.postMessage", reply_broadcast. Its types know the two only as two different kinds of message. */
function replyOf(threadTs: string | undefined, toChannel: boolean) {
  if (threadTs === undefined) return {};
  return toChannel ? { thread_ts: threadTs, reply_broadcast: true as const } : { thread_ts: threadTs };
}

/** The lines of a thread after which people want to know what was done on the target. */
const PROVEN: readonly AuditKind[] = ['grant.ended', 'grant.resolved_unverified', 'grant.confirmed_gone'];

interface Parts {
  /** The client for what nobody waits for. */
  readonly client: WebClient;
  readonly channels: Channels;
  readonly directs: Directs;
  readonly text: Text;
  /** Called when a card shows a new state. */
  readonly onCard?: (view: RequestView) => void;
}

/** Slack as a screen (see the port). Jobs call it and try again; nothing here does. */
export function createMessenger({ client, channels, directs, text, onCard }: Parts): Messenger {
  async function post(channel: string, message: Message, threadTs?: string, toChannel = false): Promise<CardRef> {
    const id = await channels.idOf(channel);
    const reply = replyOf(threadTs, toChannel);
    try {
      const answer = await call('chat.postMessage', 'post', () =>
        client.chat.postMessage({
          channel: id,
          text: message.text,
          blocks: message.blocks,
          // What people wrote must never grow a preview.
          unfurl_links: false,
          unfurl_media: false,
          ...reply,
        }),
      );
      if (!answer.ts)
        throw new Outage('unknown_outcome', 'Slack answered chat.postMessage without saying where it stands');
      return { channelId: answer.channel ?? id, ts: answer.ts };
    } catch (error) {
      if (['channel_not_found', 'is_archived'].includes(slackCode(error) ?? '')) channels.forget();
      throw error;
    }
  }

  async function update(ref: CardRef, message: Message): Promise<void> {
    await call('chat.update', 'repeatable', () =>
      client.chat.update({ channel: ref.channelId, ts: ref.ts, text: message.text, blocks: message.blocks }),
    );
  }

  /** Under the line that says how it ended. */
  function proof(event: AuditEvent): Block[] {
    if (event.grantId === null || !PROVEN.includes(event.kind)) return [];
    const words = text.watch.proof;
    return [
      { type: 'actions', elements: [button(ACTION.proof, words.button, words.label, grantValue(event.grantId))] },
    ];
  }

  return {
    async postCard(view) {
      const ref = await post(view.request.role.channel, requestCard(view, text));
      onCard?.(view);
      return ref;
    },

    async updateCard(ref, view) {
      await update(ref, requestCard(view, text));
      onCard?.(view);
    },

    tells: (event, view) => text.threadLine(event, view) !== null,

    async postThreadLine(ref, number, event, view) {
      const sentence = text.threadLine(event, view);
      if (sentence === null) return;
      const line = `${text.lineStart(number, event.at)}${sentence}`;
      await post(ref.channelId, { text: line, blocks: [section(line), ...proof(event)] }, ref.ts);
    },

    async tellPolicy(channel, news) {
      await post(channel, policyNewsMessage(news, text));
    },

    async alertBreakGlass(channel, view) {
      await post(channel, breakGlassAlert(view, text));
    },

    async notify(to, notice, view) {
      try {
        await post(await directs.with(to), noticeMessage(notice, view, text));
      } catch (error) {
        // Who has left the workspace cannot be told any more, and trying for ever would not change that.
        if (!GONE.includes(slackCode(error) ?? '')) throw error;
      }
    },

    postAlert: (channel, view, alert) => post(channel, alertMessage(view, alert, text)),
    updateAlert: (ref, view, alert) => update(ref, alertMessage(view, alert, text)),
    async repeatAlert(ref, view, alert) {
      await post(ref.channelId, alertReminder(view, alert, text), ref.ts, true);
    },
    postDrift: (channel, view) => post(channel, driftMessage(view, text)),
    updateDrift: (ref, view) => update(ref, driftMessage(view, text)),
    async tellSecurity(channel, notice) {
      await post(channel, plainMessage(text.watch.security(notice)));
    },
  };
}
