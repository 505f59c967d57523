import { formatDuration } from '../../domain/policy/duration.ts';
import type { ExtensionOffer } from '../../usecases/extend-grant.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { cut, type Modal, plain, section } from '../blocks.ts';
import { extensionValue } from '../button-value.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** How much longer, and why. The first request's reason stands in it already. */
export function extendForm(offer: ExtensionOffer, text: Text): Modal {
  const words = text.forms.extend;
  const { grant, request } = offer;
  return {
    type: 'modal',
    callback_id: CALLBACK.extend,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: extensionValue(grant.id, grant.extensions),
    blocks: [
      section(words.mrkdwnWhat(request, grant)),
      {
        type: 'input',
        block_id: FIELD.duration,
        label: plain(words.duration),
        hint: plain(text.forms.ask.durationHint(offer.maxSeconds)),
        element: {
          type: 'plain_text_input',
          action_id: FIELD.duration,
          initial_value: formatDuration(offer.proposedSeconds),
          max_length: 20,
        },
      },
      {
        type: 'input',
        block_id: FIELD.reason,
        optional: offer.reasonMinLength === 0,
        label: plain(words.reason),
        hint: plain(text.forms.ask.reasonHint(offer.reasonMinLength)),
        element: {
          type: 'plain_text_input',
          action_id: FIELD.reason,
          multiline: true,
          max_length: INPUT_MAX,
          ...(request.reason === '' ? {} : { initial_value: cut(request.reason, INPUT_MAX) }),
        },
      },
    ],
  };
}
