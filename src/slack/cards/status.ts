import type { Grant } from '../../domain/grant.ts';
import type { GrantId } from '../../domain/ids.ts';
import type { AccessRequest } from '../../domain/request.ts';
import { type Block, section } from '../blocks.ts';
import { STATUS_ROWS_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { accessRow, type LinkOf, pendingRow, type Row, waitingRow } from './rows.ts';

export interface Status {
  readonly now: Date;
  readonly grants: readonly Grant[];
  /** Those that more time can be asked for. */
  readonly extensible: ReadonlySet<GrantId>;
  readonly pending: readonly AccessRequest[];
  readonly waitingForMe: readonly AccessRequest[];
  /** Whether more wait for them than those. */
  readonly waitingMore: boolean;
}

/** What somebody holds, waits for and should decide, with the buttons that are theirs. */
export function statusBlocks(status: Status, link: LinkOf, text: Text): Block[] {
  const words = text.commands.status;
  const { now, extensible } = status;
  const exactly = (count: number): string => words.more(count, false);
  const blocks = [
    ...list(
      words.forYou,
      status.waitingForMe,
      (count) => words.more(count, status.waitingMore),
      (request) => waitingRow(request, link, text),
    ),
    ...list(words.holding, status.grants, exactly, (grant) =>
      accessRow(grant, extensible.has(grant.id), now, link, text),
    ),
    ...list(words.waiting, status.pending, exactly, (request) => pendingRow(request, link, text)),
  ];
  return blocks.length === 0 ? [section(words.nothing)] : blocks;
}

/** The rows that a list shows: the requests whose cards are worth a link. */
export const shownRequests = (status: Status): readonly string[] => [
  ...status.grants.slice(0, STATUS_ROWS_MAX).map((grant) => grant.requestId),
  ...status.pending.slice(0, STATUS_ROWS_MAX).map((request) => request.id),
  ...status.waitingForMe.slice(0, STATUS_ROWS_MAX).map((request) => request.id),
];

function list<T>(title: string, all: readonly T[], more: (count: number) => string, row: (each: T) => Row): Block[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, STATUS_ROWS_MAX);
  const hidden = all.length - shown.length;
  return [section(title), ...shown.flatMap(row), ...(hidden > 0 ? [section(more(hidden))] : [])];
}
