import { formatDuration } from '../../domain/policy/duration.ts';
import { shortKey } from '../../domain/policy/short-key.ts';
import type { EditOffer } from '../../usecases/edit-request.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Block, type Modal, plain, section } from '../blocks.ts';
import { decisionValue } from '../button-value.ts';
import { OPTION_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Less time, or a narrower role. `revision` is the one that was on the screen when Change was pressed. */
export function editForm(offer: EditOffer, revision: number, text: Text): Modal {
  const words = text.forms.edit;
  const { request } = offer;
  return {
    type: 'modal',
    callback_id: CALLBACK.edit,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: decisionValue(request.id, revision),
    blocks: [
      section(words.mrkdwnWhat(request)),
      ...roleField(offer, text),
      {
        type: 'input',
        block_id: FIELD.duration,
        label: plain(words.duration),
        hint: plain(words.durationHint(request.durationSeconds)),
        element: {
          type: 'plain_text_input',
          action_id: FIELD.duration,
          initial_value: formatDuration(request.durationSeconds),
          max_length: 20,
        },
      },
    ],
  };
}

/** Only where there is something to choose. */
function roleField({ request, narrower }: EditOffer, text: Text): Block[] {
  if (narrower.length === 0) return [];
  const words = text.forms.edit;
  const same = { text: plain(words.same(request), OPTION_TEXT_MAX), value: shortKey(request.role.key) };
  const options = narrower.map(({ role, approvals }) => ({
    text: plain(words.narrower(role), OPTION_TEXT_MAX),
    description: plain(words.narrowerDescription(approvals), OPTION_TEXT_MAX),
    value: shortKey(role.key),
  }));
  return [
    {
      type: 'input',
      block_id: FIELD.narrower,
      label: plain(words.role),
      element: {
        type: 'static_select',
        action_id: FIELD.narrower,
        options: [same, ...options],
        initial_option: same,
      },
    },
  ];
}
