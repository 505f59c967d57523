import type { AccessRequest } from '../../domain/request.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, plainSections, section } from '../blocks.ts';
import { requestValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Was it right to use break-glass? Both answers need a comment: it is what somebody reads a year later. */
export function reviewForm(request: AccessRequest, text: Text): Modal {
  const words = text.forms.review;
  const option = (value: 'justified' | 'unjustified') => ({ text: plain(words[value]), value });
  return {
    type: 'modal',
    callback_id: CALLBACK.review,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: requestValue(request.id),
    blocks: [
      section(words.mrkdwnWhat(request)),
      ...plainSections(request.reason, 2),
      {
        type: 'input',
        block_id: FIELD.verdict,
        label: plain(words.verdict),
        element: {
          type: 'radio_buttons',
          action_id: FIELD.verdict,
          options: [option('justified'), option('unjustified')],
        },
      },
      {
        type: 'input',
        block_id: FIELD.reason,
        label: plain(words.comment),
        hint: plain(words.commentHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}
