import type { NoticeName } from '../../domain/effect.ts';
import type { Grant } from '../../domain/grant.ts';
import type { ReplacedChannel, RequestView } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import {
  type Block,
  type Button,
  context,
  cut,
  type Message,
  plain,
  plainSection,
  plainSections,
  section,
} from '../blocks.ts';
import { extensionValue, grantValue, requestValue } from '../button-value.ts';
import { OPTION_TEXT_MAX, SECTION_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Where the next thing to do, or to read, is the card. */
const LINKED: readonly NoticeName[] = [
  'request_submitted',
  'request_escalated',
  'request_edited',
  'break_glass_used',
  'review_closed',
  'revocation_failing',
];

/** A direct message about one step, with what the person can do about it. `card`: the address of the request's card. */
export function noticeMessage(name: NoticeName, view: RequestView, card: string | null, text: Text): Message {
  const link = card === null || !LINKED.includes(name) ? '' : text.noticeWords.toCard(card);
  const sentence = `${cut(text.notice(name, view).trim(), SECTION_TEXT_MAX - link.length)}${link}`;
  return {
    text: sentence,
    blocks: [section(sentence), ...instructions(name, view, text), ...buttons(name, view, text)],
  };
}

function instructions(name: NoticeName, { request }: RequestView, text: Text): Block[] {
  if (name !== 'access_live' || request.role.instructions === null) return [];
  // plain_text, so that a line that is copied into a terminal has no look-alike characters and no links in it.
  return [context(text.noticeWords.instructionsLabel), plainSection(request.role.instructions)];
}

/** What a person may want to ask for once more, in one click. */
const ASKED_AGAIN: readonly NoticeName[] = ['request_expired', 'access_failed', 'access_not_started'];

function buttons(name: NoticeName, { request, grant, extensionSeconds }: RequestView, text: Text): Block[] {
  const words = text.noticeWords;
  if (name === 'request_edited' && request.status === 'pending') {
    return [actions(button(ACTION.cancel, words.cancel, words.cancelLabel(request), requestValue(request.id)))];
  }
  if (name === 'request_submitted' && request.status === 'pending') {
    const label = words.cancelLabel(request);
    const nudge = button(ACTION.nudge, words.nudge, words.nudgeLabel(request), requestValue(request.id));
    return [actions(nudge, button(ACTION.cancel, words.cancel, label, requestValue(request.id)))];
  }
  if ((name === 'break_glass_used' || name === 'review_overdue') && request.breakGlass?.review?.status === 'due') {
    const label = text.card.review.openLabel(request);
    return [actions(button(ACTION.review, text.card.review.open, label, requestValue(request.id)))];
  }
  if (ASKED_AGAIN.includes(name) && !request.extension) {
    const { again, againLabel } = text.commands.home;
    return [actions(button(ACTION.again, again, againLabel(request), requestValue(request.id)))];
  }
  if (grant?.status === 'scheduled' && (name === 'request_approved' || name === 'start_shorter')) {
    return [actions(...startButtons(grant, text))];
  }
  if (name === 'access_unused' && grant?.status === 'active') {
    const keep = button(ACTION.keep, words.keep, words.keepLabel(grant), grantValue(grant.id));
    return [actions(keep, button(ACTION.done, words.done, words.doneLabel(request), grantValue(grant.id)))];
  }
  if ((name === 'access_live' || name === 'access_ending') && grant?.status === 'active') {
    const label = words.doneLabel(request);
    const extensible = name === 'access_ending' && extensionSeconds !== null;
    const extend = extensible
      ? [
          button(
            ACTION.extend,
            words.extend(extensionSeconds),
            words.extendLabel(request, extensionSeconds),
            extensionValue(grant.id, grant.extensions),
          ),
        ]
      : [];
    return [actions(...extend, button(ACTION.done, words.done, label, grantValue(grant.id)))];
  }
  return [];
}

/** Start, where its holder begins it, and Cancel before it has begun. */
export function startButtons(grant: Grant, text: Text): Button[] {
  const words = text.noticeWords;
  const value = grantValue(grant.id);
  const start: Button = {
    ...button(ACTION.start, words.start(grant), words.startLabel(grant), value),
    style: 'primary',
  };
  const cancel = button(ACTION.done, words.cancelStart, words.cancelStartLabel(grant), value);
  return grant.startBy ? [start, cancel] : [cancel];
}

/** Break-glass was used, or its review is overdue: for the security channel. */
export function breakGlassAlert(view: RequestView, instead: ReplacedChannel | null, text: Text): Message {
  const { request, now } = view;
  const review = request.breakGlass?.review;
  const overdue = review?.status === 'due' && now >= review.dueAt;
  const words = text.noticeWords;
  const sentence = overdue ? words.reviewOverdue(request) : words.breakGlassAlert(request);
  const due = review?.status === 'due';
  const waits = due ? text.card.review.waitsFor(view) : '';
  const below = [waits, instead ? words.alertInstead(instead) : ''].filter((each) => each !== '');
  const open = button(
    ACTION.review,
    text.card.review.open,
    text.card.review.openLabel(request),
    requestValue(request.id),
  );
  return {
    text: sentence,
    blocks: [
      section(sentence),
      ...plainSections(request.reason, 2),
      ...below.map((each) => section(cut(each, SECTION_TEXT_MAX))),
      ...(due ? [actions(open)] : []),
    ],
  };
}

/** What a message becomes whose buttons no longer do anything. */
export const plainMessage = (sentence: string): Message => ({ text: sentence, blocks: [section(sentence)] });

const actions = (...elements: Button[]): Block => ({ type: 'actions', elements });

export function button(actionId: string, label: string, spoken: string, value: string): Button {
  return {
    type: 'button',
    action_id: actionId,
    text: plain(label, OPTION_TEXT_MAX),
    accessibility_label: cut(spoken, OPTION_TEXT_MAX),
    value,
  };
}
