import type { WebClient } from '@slack/web-api';
import {
  type CardRef,
  type CardSite,
  type Messenger,
  Outage,
  type RequestView,
  type Updated,
} from '../usecases/ports.ts';
import type { Message } from './blocks.ts';
import { alarmMessage, alarmReminder } from './cards/alarm.ts';
import { alertMessage, alertReminder } from './cards/alert.ts';
import { type CardAt, requestCard } from './cards/card.ts';
import { driftMessage } from './cards/drift.ts';
import { breakGlassAlert, noticeMessage, plainMessage } from './cards/notice.ts';
import { policyNewsMessage } from './cards/policy-news.ts';
import { sentenceOf, threadLineMessage } from './cards/thread-line.ts';
import type { Channels } from './channels.ts';
import type { Directs } from './directs.ts';
import { call, slackCode } from './errors.ts';
import { permalink, type SlackIdentity } from './identity.ts';
import type { Text } from './text/en.ts';

/** Slack's codes for somebody who can no longer be written to (Slack: "conversations.open", Errors). */
const GONE = ['user_disabled', 'user_not_found', 'users_not_found', 'cannot_dm_bot'];

/** Slack's codes for a message that cannot be kept up to date any more (Slack: "chat.update", Errors). */
const LOST = ['message_not_found', 'cant_update_message', 'edit_window_closed'];
/** Slack's codes for a channel that we may have got wrong (Slack: "chat.postMessage", Errors). */
const NO_CHANNEL = ['channel_not_found', 'is_archived'];

/** Slack: "chat.postMessage", reply_broadcast. Its types know the two only as two different kinds of message. */
function replyOf(threadTs: string | undefined, toChannel: boolean) {
  if (threadTs === undefined) return {};
  return toChannel ? { thread_ts: threadTs, reply_broadcast: true as const } : { thread_ts: threadTs };
}

interface Parts {
  /** The client for what nobody waits for. */
  readonly client: WebClient;
  readonly channels: Channels;
  readonly directs: Directs;
  /** Which workspace this is, for links. Throws `Outage`. */
  readonly identity: () => Promise<SlackIdentity>;
  readonly text: Text;
  /** Called when a card shows a new state. */
  readonly onCard?: (view: RequestView) => void;
  /** Called when a drift card shows a new state. */
  readonly onDrift?: () => void;
}

/** Slack as a screen (see the port). Jobs call it and try again; nothing here does. */
export function createMessenger({ client, channels, directs, identity, text, onCard, onDrift }: Parts): Messenger {
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
      if (NO_CHANNEL.includes(slackCode(error) ?? '')) channels.forget();
      throw error;
    }
  }

  async function update(ref: CardRef, message: Message): Promise<Updated> {
    try {
      await call('chat.update', 'repeatable', () =>
        client.chat.update({ channel: ref.channelId, ts: ref.ts, text: message.text, blocks: message.blocks }),
      );
      return 'updated';
    } catch (error) {
      if (LOST.includes(slackCode(error) ?? '')) return 'gone';
      throw error;
    }
  }

  const addressOf = async (card: CardRef | undefined): Promise<string | null> =>
    card ? permalink(await identity(), card) : null;

  const placed = async ({ place, other, again }: CardSite): Promise<CardAt> => ({
    place,
    again,
    link: other && permalink(await identity(), other),
  });

  return {
    async unreachable(channel) {
      try {
        await channels.idOf(channel);
        return null;
      } catch (error) {
        const ours = error instanceof Outage && error.kind === 'permanent' && slackCode(error) === null;
        return ours ? error.message : null;
      }
    },

    async postCard(view, site) {
      const { channel, auditChannel } = view.request.role;
      const own = site.place === 'audit' ? auditChannel : channel;
      const ref = await post(own ?? channel, requestCard(view, text, await placed(site)));
      if (site.place === 'decision') onCard?.(view);
      return ref;
    },

    async updateCard(ref, view, site) {
      const updated = await update(ref, requestCard(view, text, await placed(site)));
      if (updated === 'updated' && site.place === 'decision') onCard?.(view);
      return updated;
    },

    tells: (event, view, kind) => sentenceOf(event, view, kind, text) !== null,

    async postThreadLine(ref, place, event, view) {
      const line = threadLineMessage(place, event, view, text);
      if (line !== null) await post(ref.channelId, line, ref.ts);
    },

    async tellPolicy(channel, news) {
      await post(channel, policyNewsMessage(news, text));
    },

    async alertBreakGlass(channel, view, instead) {
      return await post(channel, breakGlassAlert(view, instead, text));
    },

    async notify(to, notice, view, card) {
      try {
        const link = card && permalink(await identity(), card);
        return await post(await directs.with(to), noticeMessage(notice, view, link, text));
      } catch (error) {
        const code = slackCode(error) ?? '';
        // Who has left the workspace cannot be told any more, and trying for ever would not change that.
        if (GONE.includes(code)) return null;
        // Opening the conversation anew tells whether they have left.
        if (NO_CHANNEL.includes(code)) directs.forget(to);
        throw error;
      }
    },

    updateNotice(ref, notice, view, isOpen) {
      if (!isOpen) return update(ref, plainMessage(text.noticeOver(notice, view)));
      const message =
        notice === 'break_glass_alert' ? breakGlassAlert(view, null, text) : noticeMessage(notice, view, null, text);
      return update(ref, message);
    },

    async tellDelegate(to, delegation) {
      try {
        await post(await directs.with(to), plainMessage(text.away.told(delegation)));
      } catch (error) {
        if (!GONE.includes(slackCode(error) ?? '')) throw error;
      }
    },

    postAlert: async (channel, view, alert) =>
      post(channel, alertMessage(view, alert, text, await addressOf(alert.card))),
    updateAlert: async (ref, view, alert) => update(ref, alertMessage(view, alert, text, await addressOf(alert.card))),
    async repeatAlert(ref, view, alert) {
      await post(ref.channelId, alertReminder(view, alert, text), ref.ts, true);
    },
    postAlarm: (channel, view) => post(channel, alarmMessage(view, text)),
    updateAlarm: (ref, view) => update(ref, alarmMessage(view, text)),
    async repeatAlarm(ref, view) {
      await post(ref.channelId, alarmReminder(view, text), ref.ts, true);
    },
    async closeAlarm(ref, onWord, afterWord) {
      const over = afterWord ? text.watch.alarm.overAfterWord : text.watch.alarm.over;
      await update(ref, plainMessage(onWord.total === 0 ? over : text.watch.alarm.unverified(onWord)));
    },
    async postDrift(channel, view) {
      const ref = await post(channel, driftMessage(view, text));
      onDrift?.();
      return ref;
    },
    async updateDrift(ref, view) {
      const updated = await update(ref, driftMessage(view, text));
      onDrift?.();
      return updated;
    },
    postEnds: (channel, wave) => post(channel, plainMessage(text.watch.ends(wave))),
    updateEnds: (ref, wave) => update(ref, plainMessage(text.watch.ends(wave))),
    tellSecurity: (channel, notice) => post(channel, plainMessage(text.watch.security(notice))),
    changeSecurity: (ref, notice) => update(ref, plainMessage(text.watch.security(notice))),
  };
}
