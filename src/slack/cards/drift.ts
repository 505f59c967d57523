import type { Drift } from '../../domain/drift.ts';
import type { DriftView } from '../../usecases/watch-ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, type Button, context, cut, divider, type Message, plain, section, sizeOf } from '../blocks.ts';
import { driftValue } from '../button-value.ts';
import { CONFIRM_TEXT_MAX, DRIFT_ROWS_MAX, FALLBACK_TEXT_MAX, HEADER_MAX, MESSAGE_TOTAL_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { button, plainMessage } from './notice.ts';

/** What is on a target otherwise than granted, with what can be said about each. */
export function driftMessage({ system, drifts, paused }: DriftView, text: Text): Message {
  const words = text.watch.drift;
  const waiting = drifts.filter((drift) => drift.status === 'open' || drift.status === 'revoking');
  const decided = drifts.filter((drift) => drift.status === 'accepted' || drift.status === 'ignored');
  if (waiting.length === 0) {
    if (decided.length === 0) return plainMessage(words.settled);
    const said = words.decided(system);
    return { text: cut(said, FALLBACK_TEXT_MAX), blocks: [section(said), context(decidedLines(decided, text))] };
  }
  const intro = words.intro(system, waiting.length, drifts.length - waiting.length);
  const above: Block[] = [
    { type: 'header', text: plain(words.title(system), HEADER_MAX) },
    section(intro),
    ...(paused ? [section(words.paused)] : []),
    ...(system.firstRunAt === null ? [context(words.firstRun)] : []),
  ];
  const rows = fitting(above, waiting, text);
  const hidden = waiting.length - rows.length;
  const blocks = [...above, ...rows.flat(), ...(hidden > 0 ? [divider, section(words.more(hidden))] : [])];
  return { text: cut(intro, FALLBACK_TEXT_MAX), blocks };
}

/** Of what somebody let stay, so many are named. */
const DECIDED_NAMED = 10;

function decidedLines(decided: readonly Drift[], text: Text): string {
  const words = text.watch.drift;
  const more = decided.length - DECIDED_NAMED;
  const named = decided.slice(0, DECIDED_NAMED).map((drift) => words.decidedLine(drift));
  return [...named, ...(more > 0 ? [words.moreDecided(more)] : [])].join('\n');
}

/** As many rows as a message takes; Slack limits its blocks and its characters. */
function fitting(above: Block[], drifts: readonly Drift[], text: Text): Block[][] {
  const rows: Block[][] = [];
  let size = sizeOf(above) + MORE_SIZE;
  for (const drift of drifts.slice(0, DRIFT_ROWS_MAX)) {
    const row = [divider, ...driftRow(drift, text)];
    size += sizeOf(row);
    if (rows.length > 0 && size > MESSAGE_TOTAL_MAX) break;
    rows.push(row);
  }
  return rows;
}

/** What the line about the rows that do not fit takes. */
const MORE_SIZE = 200;

/** One thing that is not as granted, with what can be said about it. */
export const driftRow = (drift: Drift, text: Text): Block[] => [
  section(text.watch.drift.line(drift)),
  ...buttons(drift, text),
];

function buttons(drift: Drift, text: Text): Block[] {
  if (drift.status !== 'open') return [];
  const words = text.watch.drift;
  const value = driftValue(drift.id);
  const make = (action: string, label: string): Button => button(action, label, words.label(drift, label), value);
  const accept = drift.kind === 'removed_by_hand' ? [] : [make(ACTION.driftAccept, words.accept)];
  const revoke: Button = {
    ...make(ACTION.driftRevoke, words.revoke(drift)),
    style: 'danger',
    confirm: {
      title: plain(words.confirmTitle(drift)),
      text: plain(words.confirm(drift), CONFIRM_TEXT_MAX),
      confirm: plain(words.yes(drift)),
      deny: plain(words.no),
      style: 'danger',
    },
  };
  const elements = [...accept, ...(drift.ours ? [revoke] : []), make(ACTION.driftIgnore, words.ignore)];
  return [{ type: 'actions', block_id: `drift_${drift.id}`, elements }];
}
