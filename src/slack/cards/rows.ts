import type { Grant } from '../../domain/grant.ts';
import type { AccessRequest } from '../../domain/request.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, type Button, cut, mrkdwn, plainSections, section } from '../blocks.ts';
import { extensionValue, grantValue, requestValue } from '../button-value.ts';
import { REASON_SHOWN_MAX, SECTION_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { decideButtons } from './decide-buttons.ts';
import { button, startButtons } from './notice.ts';

/** What one thing takes in a list: its line, and its buttons where one is not enough. */
export type Row = readonly Block[];
/** A link to the request's card in mrkdwn; empty where there is none. */
export type LinkOf = (requestId: string) => string;

/** Access that somebody holds, with what they can do about it. */
export function accessRow(grant: Grant, extensible: boolean, now: Date, link: LinkOf, text: Text): Row {
  const words = text.noticeWords;
  const line = `${text.commands.status.grant(grant, now)}${link(grant.requestId)}`;
  if (grant.status === 'scheduled') return [section(line), { type: 'actions', elements: startButtons(grant, text) }];
  if (grant.status !== 'active') return [section(line)];
  const done = button(ACTION.done, words.done, words.done, grantValue(grant.id));
  if (!extensible) return [rowWith(line, done)];
  const value = extensionValue(grant.id, grant.extensions);
  const extend = button(ACTION.extendForm, words.extendForm, words.extendForm, value);
  return [section(line), { type: 'actions', elements: [extend, done] }];
}

/** Somebody's own request that waits. */
export function pendingRow(request: AccessRequest, link: LinkOf, text: Text): Row {
  const words = text.noticeWords;
  const cancel = button(ACTION.cancel, words.cancel, words.cancelLabel(request), requestValue(request.id));
  return [rowWith(`${text.commands.status.pending(request)}${link(request.id)}`, cancel)];
}

/** A request that waits for the reader. */
export const waitingRow = (request: AccessRequest, link: LinkOf, text: Text): Row => [
  section(`${text.commands.status.forMe(request)}${link(request.id)}`),
];

/** The same with its reason and the buttons to decide, for a place that outlives the moment. */
export const decidableRow = (request: AccessRequest, link: LinkOf, text: Text): Row => [
  ...waitingRow(request, link, text),
  ...plainSections(cut(request.reason, REASON_SHOWN_MAX), 1),
  decideButtons(request, text),
];

export const rowWith = (line: string, accessory: Button): Block => ({
  type: 'section',
  text: mrkdwn(cut(line, SECTION_TEXT_MAX)),
  accessory,
});
