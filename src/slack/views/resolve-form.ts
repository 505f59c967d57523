import type { Grant } from '../../domain/grant.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import { grantValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Is it gone? The reason is optional here, since it is only needed where the target cannot be asked. */
export function resolveForm(grant: Grant, text: Text): Modal {
  const words = text.watch.resolve;
  return {
    type: 'modal',
    callback_id: CALLBACK.resolve,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: grantValue(grant.id),
    blocks: [
      section(words.mrkdwnWhat(grant)),
      {
        type: 'input',
        block_id: FIELD.reason,
        optional: true,
        label: plain(words.reason),
        hint: plain(words.reasonHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}
