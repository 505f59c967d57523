import type { HomeFacts, HomeList, Page } from '../../usecases/home-of.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, context, divider, type HomeView, plain, section } from '../blocks.ts';
import { grantValue, pageValue, requestValue } from '../button-value.ts';
import { driftRow } from '../cards/drift.ts';
import { button } from '../cards/notice.ts';
import { paragraphs } from '../cards/paragraphs.ts';
import { accessRow, decidableRow, type LinkOf, pendingRow, type Row, rowWith } from '../cards/rows.ts';
import type { Text } from '../text/en.ts';

/** The App Home: how to ask, what waits for its reader, what they have and asked for, and for admins all there is. */
export function homeView(facts: HomeFacts, link: LinkOf, text: Text): HomeView {
  const words = text.commands.home;
  const status = text.commands.status;
  const { now, extensible, askable } = facts;
  const own = [
    ...list('waiting', status.forYou, facts.waiting, text, (request) => decidableRow(request, link, text)),
    ...list('reviews', words.reviews, facts.reviews, text, (request) => [
      rowWith(
        `${words.reviewRow(request)}${link(request.id)}`,
        button(ACTION.review, text.card.review.open, text.card.review.openLabel(request), requestValue(request.id)),
      ),
    ]),
    ...list('access', status.holding, facts.access, text, (grant) =>
      accessRow(grant, extensible.has(grant.id), now, link, text),
    ),
    ...list('pending', status.waiting, facts.pending, text, (request) => pendingRow(request, link, text)),
  ];
  const past = list('past', words.past, facts.past, text, (request) => {
    const line = `${words.pastRow(request)}${link(request.id)}`;
    const again = button(ACTION.again, words.again, words.againLabel(request), requestValue(request.id));
    return [askable.has(request.id) ? rowWith(line, again) : section(line)];
  });
  return page(text, [
    ...away(facts, text),
    ...(own.length === 0 ? [section(words.nothing)] : own),
    ...past,
    ...everybodys(facts, link, text),
  ]);
}

/** People whose absence a Home tells. */
const AWAY_SHOWN = 10;

/** Whether the person is away, and for whom they decide. */
function away({ away: { own, handedToMe } }: HomeFacts, text: Text): Block[] {
  const words = text.away;
  const lines = [...(own === null ? [] : [words.own(own)]), ...handedToMe.slice(0, AWAY_SHOWN).map(words.handed)];
  return lines.length === 0 ? [] : [section(lines.join('\n'))];
}

/** The Home of somebody who may not use Elevate: why, in escaped mrkdwn. */
export const refusedHomeView = (why: string, text: Text): HomeView => page(text, [section(why)]);

function page(text: Text, below: Block[]): HomeView {
  const words = text.commands.home;
  const ask: Block = {
    type: 'actions',
    elements: [{ type: 'button', action_id: ACTION.ask, style: 'primary', text: plain(words.ask) }],
  };
  return { type: 'home', blocks: [section(words.intro), ask, divider, ...below] };
}

function everybodys({ admin }: HomeFacts, link: LinkOf, text: Text): Block[] {
  if (admin === null) return [];
  const words = text.commands.home;
  const { alert } = text.watch;
  const { failing, drift, everything } = admin;
  return [
    divider,
    ...list('failing', words.failing, failing, text, (grant) => [
      section(`${words.failingRow(grant)}${link(grant.requestId)}`),
      {
        type: 'actions',
        elements: [
          button(ACTION.retry, alert.retry, alert.retry, grantValue(grant.id)),
          button(ACTION.resolve, alert.resolve, alert.resolve, grantValue(grant.id)),
        ],
      },
    ]),
    ...list('drift', words.drift, drift, text, (each) => driftRow(each, text)),
    section(heading(words.everything, everything, text)),
    ...paragraphs(everything.rows.map((grant) => words.grantRow(grant))).map(section),
    ...turning('everything', everything, text),
    ...(everything.total === 0 ? [] : [context(words.howToEnd)]),
  ];
}

function list<T>(name: HomeList, title: string, page: Page<T>, text: Text, row: (each: T) => Row): Block[] {
  if (page.total === 0) return [];
  return [section(heading(title, page, text)), ...page.rows.flatMap(row), ...turning(name, page, text)];
}

/** The title, and which rows of how many stand below where they are not all. */
const heading = (title: string, { from, rows, total, pages, more = false }: Page<unknown>, text: Text): string =>
  pages === 1
    ? text.commands.home.counted(title, total)
    : text.commands.home.part(title, from, from + rows.length - 1, total, more);

function turning(list: HomeList, { page, pages }: Page<unknown>, text: Text): Block[] {
  if (pages === 1) return [];
  const { before, after } = text.commands.home;
  const back = page > 0 ? [button(ACTION.pageBack, before, before, pageValue(list, page - 1))] : [];
  const on = page < pages - 1 ? [button(ACTION.pageOn, after, after, pageValue(list, page + 1))] : [];
  return [{ type: 'actions', elements: [...back, ...on] }];
}

/** The requests whose cards are worth a link: those of the rows that show. */
export const linkedRequests = ({ waiting, reviews, access, pending, past, admin }: HomeFacts): readonly string[] => [
  ...[waiting, reviews, pending, past].flatMap(({ rows }) => rows.map(({ id }) => id)),
  ...[access, ...(admin ? [admin.failing] : [])].flatMap(({ rows }) => rows.map(({ requestId }) => requestId)),
];
