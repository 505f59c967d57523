import type { Grant } from '../../domain/grant.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { RequestView } from '../../usecases/ports.ts';
import type { AlertView } from '../../usecases/watch-ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, context, cut, type Message, section } from '../blocks.ts';
import { grantValue } from '../button-value.ts';
import { FALLBACK_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { button, plainMessage } from './notice.ts';

/** `card`: the address of the request's card. A revocation that fails, or ended access that showed up again; afterwards how it ended, without buttons. */
export function alertMessage(
  { request, grant }: RequestView,
  alert: AlertView,
  text: Text,
  card: string | null = null,
): Message {
  const words = text.watch.alert;
  if (!grant) return plainMessage(words.reappeared(request));
  const details = context(words.detail(request, grant, card));
  if (grant.status !== 'revoking') {
    const sentence = overSentence(request, grant, alert, words);
    return { text: cut(sentence, FALLBACK_TEXT_MAX), blocks: [section(sentence), details] };
  }
  const failing = grant.lastError !== null;
  const sentence = failing ? words.failing(request, grant) : words.reappeared(request);
  const blocks: Block[] = [
    section(sentence),
    ...(failing ? [section(grant.lastErrorKind === 'permanent' ? words.permanent : words.transient)] : []),
    section(`${words.inCharge(alert.people, alert.owners)}${words.escalation(alert)}`),
    details,
    {
      type: 'actions',
      block_id: 'step_in',
      elements: [
        button(ACTION.retry, words.retry, words.retryLabel(request), grantValue(grant.id)),
        button(ACTION.resolve, words.resolve, words.resolveLabel(request), grantValue(grant.id)),
      ],
    },
  ];
  return { text: cut(sentence, FALLBACK_TEXT_MAX), blocks };
}

/** What became of it. The access itself may be there still, by another grant. */
function overSentence(
  request: AccessRequest,
  grant: Grant,
  { ended, word }: AlertView,
  words: Text['watch']['alert'],
): string {
  if (grant.endedBecause === 'resolved_unverified')
    return word === 'right' ? words.confirmed(request, grant) : words.unverified(request, grant);
  if (ended?.keptFor) return words.kept(request, grant, ended.keptFor);
  return ended?.called === false
    ? words.neverCalled(request)
    : words.gone(request, grant, ended?.stillGivenBy ?? [], word);
}

/** A reply under the alert, which the channel sees too: editing the alert would notify nobody. */
export function alertReminder({ grant }: RequestView, alert: AlertView, text: Text): Message {
  const words = text.watch.alert;
  if (!grant) return plainMessage(words.permanent);
  return plainMessage(
    `${words.repeat(grant, alert.repeat)}\n${words.inCharge(alert.people, alert.owners)}${words.escalation(alert)}`,
  );
}
