import type { Grant } from '../../domain/grant.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import { grantValue, targetValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Is it gone? */
export function resolveForm(grant: Grant, text: Text): Modal {
  const { title, mrkdwnWhat, reason } = text.watch.resolve;
  const about = { title, what: mrkdwnWhat(grant), reason };
  return { ...form(about, text), callback_id: CALLBACK.resolve, private_metadata: grantValue(grant.id) };
}

/** Are all of them gone? Each is asked for on the target first. */
export function resolveAllForm(target: string, failing: number, text: Text): Modal {
  const { titleAll, mrkdwnWhatAll, reasonAll } = text.watch.resolve;
  const about = { title: titleAll, what: mrkdwnWhatAll(failing), reason: reasonAll };
  return { ...form(about, text), callback_id: CALLBACK.resolveAll, private_metadata: targetValue(target) };
}

/** The reason is optional here, since it is only needed where the target cannot be asked. */
function form(
  { title, what, reason }: { readonly title: string; readonly what: string; readonly reason: string },
  text: Text,
): Omit<Modal, 'callback_id' | 'private_metadata'> {
  const words = text.watch.resolve;
  return {
    type: 'modal',
    title: plain(title),
    submit: plain(words.submit),
    close: plain(words.close),
    blocks: [
      section(what),
      {
        type: 'input',
        block_id: FIELD.reason,
        optional: true,
        label: plain(reason),
        hint: plain(words.reasonHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}
