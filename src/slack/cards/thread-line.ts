import type { AuditEvent, AuditKind } from '../../domain/audit.ts';
import type { LinePlace, RequestView, ThreadKind } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, type Message, section } from '../blocks.ts';
import { grantValue } from '../button-value.ts';
import type { Text } from '../text/en.ts';
import { button } from './notice.ts';
import { namesIn, plainly } from './plainly.ts';

/** The lines of a thread after which people want to know what was done on the target. */
const PROVEN: readonly AuditKind[] = [
  'grant.revocation_failed',
  'grant.ended',
  'grant.resolved_unverified',
  'grant.confirmed_gone',
];
/** What asks people to look again, and mentions them. */
const CALLS: readonly AuditKind[] = ['request.edited', 'request.reminded', 'request.escalated', 'review.reminded'];

/** What is told of an event in such a thread; null: it has no line there. */
export function sentenceOf(event: AuditEvent, view: RequestView, kind: ThreadKind, text: Text): string | null {
  switch (kind) {
    case 'timeline':
      return text.threadLine(event, view);
    case 'record': {
      // Whom it waits for is over in a moment; the record tells who decided.
      const said = text.record.sentence(event, { ...view, approvers: [], deciders: [] });
      return said === null ? null : plainly(said, namesIn(view, [event]));
    }
    case 'calls':
      return CALLS.includes(event.kind) || asksTheNext(event, view) ? text.threadLine(event, view) : null;
  }
}

/** Editing the card notifies nobody of a later stage; this line does. */
const asksTheNext = (event: AuditEvent, { request, approvers }: RequestView): boolean =>
  event.kind === 'decision.approved' &&
  request.status === 'pending' &&
  approvers.length > 0 &&
  request.decisions.at(-1)?.at.getTime() === event.at.getTime();

/** One line of a card's thread; null: the event has none. */
export function threadLineMessage(
  { kind, number, again }: LinePlace,
  event: AuditEvent,
  view: RequestView,
  text: Text,
): Message | null {
  const sentence = sentenceOf(event, view, kind, text);
  if (sentence === null) return null;
  const line = `${start(kind, number, event, view, text)}${sentence}${again ? text.record.again : ''}`;
  return { text: line, blocks: [section(line), ...(kind === 'calls' ? [] : proof(event, text))] };
}

function start(kind: ThreadKind, number: number, { at }: AuditEvent, view: RequestView, text: Text): string {
  switch (kind) {
    case 'timeline':
      return text.lineStart(number, at);
    case 'record':
      return plainly(text.record.lineStart(number, at, view.request), new Map());
    case 'calls':
      return text.record.callStart(at);
  }
}

/** Under the line that says how it ended, or that it could not. */
function proof(event: AuditEvent, text: Text): Block[] {
  if (event.grantId === null || !PROVEN.includes(event.kind)) return [];
  const words = text.watch.proof;
  return [{ type: 'actions', elements: [button(ACTION.proof, words.button, words.label, grantValue(event.grantId))] }];
}
