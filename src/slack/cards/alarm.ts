import type { AlarmView } from '../../usecases/watch-ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, context, cut, type Message, section } from '../blocks.ts';
import { grantValue, targetValue } from '../button-value.ts';
import { FALLBACK_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { button, plainMessage } from './notice.ts';

/** Many revocations that fail on one target: what the target says, who is in charge, and the first of them by name. */
export function alarmMessage({ target, connector, failing, named, alert }: AlarmView, text: Text): Message {
  const words = text.watch.alarm;
  const sentence = words.failing(connector, failing);
  const more = failing.total - named.length;
  const blocks: Block[] = [
    section(sentence),
    section(words.errors(failing)),
    section(`${text.watch.alert.inCharge(alert.people, alert.owners)}${text.watch.alert.escalation(alert)}`),
    {
      type: 'actions',
      block_id: 'step_in_for_all',
      elements: [
        button(ACTION.retryAll, words.retryAll, words.retryAllLabel(connector), targetValue(target)),
        button(ACTION.resolveAll, words.resolveAll, words.resolveAllLabel(connector), targetValue(target)),
      ],
    },
    ...named.flatMap(({ grant, request }): Block[] => [
      section(words.line(request, grant)),
      {
        type: 'actions',
        block_id: `step_in/${grant.id}`,
        elements: [
          button(ACTION.retry, text.watch.alert.retry, text.watch.alert.retryLabel(request), grantValue(grant.id)),
          button(
            ACTION.resolve,
            text.watch.alert.resolve,
            text.watch.alert.resolveLabel(request),
            grantValue(grant.id),
          ),
        ],
      },
    ]),
    ...(more > 0 ? [context(words.more(more))] : []),
  ];
  return { text: cut(sentence, FALLBACK_TEXT_MAX), blocks };
}

/** A reply under the alarm, which the channel sees too: editing the alarm would notify nobody. */
export const alarmReminder = ({ failing, alert }: AlarmView, text: Text): Message =>
  plainMessage(
    `${text.watch.alarm.repeat(failing, alert.repeat)}\n${text.watch.alert.inCharge(alert.people, alert.owners)}${text.watch.alert.escalation(alert)}`,
  );
