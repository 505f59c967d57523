import type { Drift } from '../../domain/drift.ts';
import type { SlackUserId } from '../../domain/ids.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Block, type Modal, plain, section } from '../blocks.ts';
import { driftValue } from '../button-value.ts';
import type { Text } from '../text/en.ts';

/** Who answers for it, and when somebody looks again. Whoever opens the form is suggested. */
export function acceptForm(drift: Drift, user: SlackUserId, now: Date, text: Text): Modal {
  const words = text.watch.drift;
  return form(drift, CALLBACK.driftAccept, words.acceptForm, text, [
    {
      type: 'input',
      block_id: FIELD.owner,
      label: plain(words.owner),
      element: { type: 'users_select', action_id: FIELD.owner, initial_user: user },
    },
    date(words.reviewAt, inDays(now, 90)),
  ]);
}

export function ignoreForm(drift: Drift, now: Date, text: Text): Modal {
  const words = text.watch.drift;
  return form(drift, CALLBACK.driftIgnore, words.ignoreForm, text, [date(words.until, inDays(now, 7))]);
}

function form(drift: Drift, callback: string, title: string, text: Text, fields: Block[]): Modal {
  const words = text.watch.drift;
  return {
    type: 'modal',
    callback_id: callback,
    title: plain(title),
    submit: plain(words.submit),
    close: plain(words.back),
    private_metadata: driftValue(drift.id),
    blocks: [section(words.line(drift)), ...fields],
  };
}

const date = (label: string, suggested: string): Block => ({
  type: 'input',
  block_id: FIELD.date,
  label: plain(label),
  element: { type: 'datepicker', action_id: FIELD.date, initial_date: suggested },
});

/** YYYY-MM-DD, as a datepicker wants it. */
const inDays = (now: Date, days: number): string =>
  new Date(now.getTime() + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
