import type { AccessRequest } from '../../domain/request.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, type Button, cut, plain } from '../blocks.ts';
import { decisionValue } from '../button-value.ts';
import { CONFIRM_TEXT_MAX, OPTION_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Approve, with a question first where the risk is high, Change… and Deny… Each list has its own block ids, so that two requests can stand on one Home. */
export function decideButtons(request: AccessRequest, text: Text): Block {
  const value = decisionValue(request.id, request.revision);
  const words = text.card.confirm;
  const approve: Button = {
    type: 'button',
    action_id: ACTION.approve,
    style: 'primary',
    text: plain(text.card.approve),
    accessibility_label: cut(text.card.approveLabel(request), OPTION_TEXT_MAX),
    value,
    ...(request.role.risk === 'high'
      ? {
          confirm: {
            title: plain(words.title),
            text: plain(words.plainText(request), CONFIRM_TEXT_MAX),
            confirm: plain(words.yes),
            deny: plain(words.no),
            style: 'danger' as const,
          },
        }
      : {}),
  };
  const edit: Button = {
    type: 'button',
    action_id: ACTION.edit,
    text: plain(text.card.edit),
    accessibility_label: cut(text.card.editLabel(request), OPTION_TEXT_MAX),
    value,
  };
  const deny: Button = {
    type: 'button',
    action_id: ACTION.deny,
    text: plain(text.card.deny),
    accessibility_label: cut(text.card.denyLabel(request), OPTION_TEXT_MAX),
    value,
  };
  return { type: 'actions', block_id: `decide_${request.id}`, elements: [approve, edit, deny] };
}
