import type { PolicyNews } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import { cut, type Message, plain, section } from '../blocks.ts';
import { FALLBACK_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { button } from './notice.ts';

/** What the admins' channel is told about the policy, with what an admin can do about it. */
export function policyNewsMessage(news: PolicyNews, text: Text): Message {
  const words = text.policy;
  const sentence = words.news(news);
  const message = { text: cut(sentence, FALLBACK_TEXT_MAX), blocks: [section(sentence)] };
  if (news.news === 'refused') return message;
  const revoke = {
    ...button(ACTION.revokeDisallowed, words.revokeDisallowed, words.revokeDisallowedLabel, news.version.slice(0, 64)),
    style: 'danger' as const,
    confirm: {
      title: plain(words.confirmTitle),
      text: plain(words.confirmText),
      confirm: plain(words.confirmYes),
      deny: plain(words.confirmNo),
      style: 'danger' as const,
    },
  };
  return { ...message, blocks: [...message.blocks, { type: 'actions', elements: [revoke] }] };
}
