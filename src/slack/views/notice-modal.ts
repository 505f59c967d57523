import { CALLBACK } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import type { Text } from '../text/en.ts';

/** A modal with one thing to say, in mrkdwn. */
export const noticeModal = (sentence: string, text: Text): Modal => ({
  type: 'modal',
  callback_id: CALLBACK.notice,
  title: plain(text.forms.notice.title),
  close: plain(text.forms.notice.close),
  blocks: [section(sentence)],
});

export const waitModal = (text: Text): Modal => noticeModal(text.forms.wait.text, text);
