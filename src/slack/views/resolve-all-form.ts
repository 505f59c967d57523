import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import { targetValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Are all of them gone? Each is asked for on the target first. */
export function resolveAllForm(target: string, failing: number, text: Text): Modal {
  const words = text.watch.resolve;
  return {
    type: 'modal',
    callback_id: CALLBACK.resolveAll,
    title: plain(words.titleAll),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: targetValue(target),
    blocks: [
      section(words.mrkdwnWhatAll(failing)),
      {
        type: 'input',
        block_id: FIELD.reason,
        optional: true,
        label: plain(words.reasonAll),
        hint: plain(words.reasonHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}
