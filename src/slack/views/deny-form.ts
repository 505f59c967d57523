import type { AccessRequest } from '../../domain/request.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import { decisionValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Why not? `revision` is the one that was on the screen when Deny was pressed. */
export function denyForm(request: AccessRequest, revision: number, text: Text): Modal {
  const words = text.forms.deny;
  return {
    type: 'modal',
    callback_id: CALLBACK.deny,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: decisionValue(request.id, revision),
    blocks: [
      section(words.mrkdwnWhat(request)),
      {
        type: 'input',
        block_id: FIELD.reason,
        label: plain(words.reason),
        hint: plain(words.reasonHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}
