import type { AuditEvent, AuditKind } from '../../domain/audit.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, type Message, section } from '../blocks.ts';
import { grantValue } from '../button-value.ts';
import type { Text } from '../text/en.ts';
import { button } from './notice.ts';

/** The lines of a thread after which people want to know what was done on the target. */
const PROVEN: readonly AuditKind[] = ['grant.ended', 'grant.resolved_unverified', 'grant.confirmed_gone'];

/** One numbered line of a card's thread; null: the event has none. */
export function threadLineMessage(number: number, event: AuditEvent, view: RequestView, text: Text): Message | null {
  const sentence = text.threadLine(event, view);
  if (sentence === null) return null;
  const line = `${text.lineStart(number, event.at)}${sentence}`;
  return { text: line, blocks: [section(line), ...proof(event, text)] };
}

/** Under the line that says how it ended. */
function proof(event: AuditEvent, text: Text): Block[] {
  if (event.grantId === null || !PROVEN.includes(event.kind)) return [];
  const words = text.watch.proof;
  return [{ type: 'actions', elements: [button(ACTION.proof, words.button, words.label, grantValue(event.grantId))] }];
}
