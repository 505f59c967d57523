import type { Grant } from '../../domain/grant.ts';
import type { GrantId } from '../../domain/ids.ts';
import type { AccessRequest } from '../../domain/request.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, cut, mrkdwn, plainSections, section } from '../blocks.ts';
import { extensionValue, grantValue, requestValue } from '../button-value.ts';
import { REASON_SHOWN_MAX, SECTION_TEXT_MAX, STATUS_ROWS_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { decideButtons } from './decide-buttons.ts';
import { button } from './notice.ts';

export interface Status {
  readonly grants: readonly Grant[];
  /** Those that more time can be asked for. */
  readonly extensible: ReadonlySet<GrantId>;
  readonly pending: readonly AccessRequest[];
  readonly waitingForMe: readonly AccessRequest[];
}

/** What somebody holds, waits for and should decide, with the buttons that are theirs. `links`: request id to its card's address. */
export function statusBlocks(
  status: Status,
  links: ReadonlyMap<string, string>,
  text: Text,
  decidable: boolean,
): Block[] {
  const words = text.commands.status;
  const noticeWords = text.noticeWords;
  const link = (id: string): string => {
    const url = links.get(id);
    return url === undefined ? '' : words.openCard(url);
  };
  const holding = status.grants.map((grant): Row => {
    const line = `${words.grant(grant)}${link(grant.requestId)}`;
    if (grant.status !== 'active') return [section(line)];
    const done = button(ACTION.done, noticeWords.done, noticeWords.done, grantValue(grant.id));
    if (!status.extensible.has(grant.id)) return [row(line, done)];
    const value = extensionValue(grant.id, grant.extensions);
    const extend = button(ACTION.extendForm, noticeWords.extendForm, noticeWords.extendForm, value);
    return [section(line), { type: 'actions', elements: [extend, done] }];
  });
  const pending = status.pending.map((request): Row => {
    const cancel = button(
      ACTION.cancel,
      noticeWords.cancel,
      noticeWords.cancelLabel(request),
      requestValue(request.id),
    );
    return [row(`${words.pending(request)}${link(request.id)}`, cancel)];
  });
  const forMe = status.waitingForMe.map((request): Row => {
    const line = section(`${words.forMe(request)}${link(request.id)}`);
    return decidable
      ? [line, ...plainSections(cut(request.reason, REASON_SHOWN_MAX), 1), decideButtons(request, text)]
      : [line];
  });
  const blocks = [
    ...list(words.forYou, forMe, words.more),
    ...list(words.holding, holding, words.more),
    ...list(words.waiting, pending, words.more),
  ];
  return blocks.length === 0 ? [section(words.nothing)] : blocks;
}

/** The rows that a list shows: the requests whose cards are worth a link. */
export const shownRequests = (status: Status): readonly string[] => [
  ...status.grants.slice(0, STATUS_ROWS_MAX).map((grant) => grant.requestId),
  ...status.pending.slice(0, STATUS_ROWS_MAX).map((request) => request.id),
  ...status.waitingForMe.slice(0, STATUS_ROWS_MAX).map((request) => request.id),
];

const row = (line: string, accessory: ReturnType<typeof button>): Block => ({
  type: 'section',
  text: mrkdwn(cut(line, SECTION_TEXT_MAX)),
  accessory,
});

/** What one thing takes in a list: its line, and its buttons where one is not enough. */
type Row = readonly Block[];

function list(title: string, rows: readonly Row[], more: (count: number) => string): Block[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, STATUS_ROWS_MAX);
  const hidden = rows.length - shown.length;
  return [section(title), ...shown.flat(), ...(hidden > 0 ? [section(more(hidden))] : [])];
}
