import { currentStage, progress } from '../../domain/approval.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { CardPlace, RequestView } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import {
  type Block,
  context,
  cut,
  divider,
  esc,
  type Message,
  mrkdwn,
  plain,
  plainSections,
  section,
  sizeOf,
} from '../blocks.ts';
import { requestValue } from '../button-value.ts';
import {
  FALLBACK_TEXT_MAX,
  FIELD_MAX,
  HEADER_MAX,
  MESSAGE_TOTAL_MAX,
  SECTION_TEXT_MAX,
  STAGES_TEXT_MAX,
} from '../limits.ts';
import type { Text } from '../text/en.ts';
import { decideButtons } from './decide-buttons.ts';
import { button } from './notice.ts';
import { inPlainWords, namesIn, plainly } from './plainly.ts';
import { stateOf } from './state.ts';

/**
 * Sections of 3,000 characters that a text of people may take. Most fit into one; one that is full of `&` and `<` grows when it is
 * escaped.
 */
const TEXT_SECTIONS = 2;
/** What a long text keeps at least, whatever else stands on the card. */
const TEXT_AT_LEAST = 1_000;

/** Changes by approvers that a card tells. */
const EDITS_SHOWN = 2;
const EDIT_TEXT_MAX = 400;
/** The groups in it may have long names. */
const DECIDERS_TEXT_MAX = 1_200;

/** Which of a request's two messages it is, and the address of the other one; null: it stands nowhere yet. */
export interface CardAt {
  readonly place: CardPlace;
  readonly link: string | null;
  /** Another one may stand there. */
  readonly again: boolean;
}
const HERE: CardAt = { place: 'decision', link: null, again: false };

/**
 * The whole approval card, from the present state alone. Whatever people wrote stands in plain_text or is escaped. The long texts
 * on it share what the rest leaves of the characters that Slack takes. In an audit channel it is the head of the timeline: nothing can be
 * pressed, nobody is mentioned, and it reads without Slack.
 */
export function requestCard(view: RequestView, text: Text, at: CardAt = HERE): Message {
  const { request } = view;
  const recorded = at.place === 'audit';
  const state = stateOf(view, text);
  const riskWord = text.risk[request.role.risk];
  const waits = request.status === 'pending' && !recorded;
  const names = recorded ? namesIn(view) : null;
  const named = (blocks: Block[]): Block[] => (names ? inPlainWords(blocks, names) : blocks);
  const say = (markup: string): string => (names ? plainly(markup, names) : markup);
  const above: Block[] = named([
    { type: 'header', text: plain(text.card.plainTitle(request), HEADER_MAX) },
    ...(state.loud ? [section(state.line)] : []),
    { type: 'section', fields: fields(view, text).map((field) => mrkdwn(cut(field, FIELD_MAX))) },
  ]);
  const about: Block[] = request.about === null ? [] : [context(text.card.mrkdwnAbout(request.about))];
  const between: Block[] = named([
    context(text.card.rule(request)),
    ...leads(request, at, text),
    ...stages(view, text, say),
    ...edits(request, text, say),
    ...(waits ? [section(mayDecide(view, text))] : []),
    ...(state.loud ? [] : [section(state.line)]),
  ]);
  const reviewed = named(review(view, text, recorded));
  const buttons: Block[] = waits ? [divider, decideButtons(request, text)] : [];

  const end = closing(view, text);
  const written = [request.reason, end?.written, request.breakGlass?.review?.comment].filter((each) => each);
  const left = MESSAGE_TOTAL_MAX - sizeOf([above, about, between, reviewed, buttons]) - LABELS_SIZE;
  const share = Math.max(
    TEXT_AT_LEAST,
    shareOf(
      left,
      written.map((each) => esc(each ?? '').length),
    ),
  );
  const tell = (words: string): Block[] =>
    plainSections(words, TEXT_SECTIONS, Math.min(share, TEXT_SECTIONS * SECTION_TEXT_MAX));
  const told = (label: string, words: string): Block[] => [context(label), ...tell(words)];
  const blocks: Block[] = [
    ...above,
    ...(request.reason === '' ? [context(text.card.noReason)] : told(text.card.reasonLabel, request.reason)),
    ...about,
    ...between,
    ...(end === null ? [] : told(end.label, end.written)),
    ...reviewed,
    ...tell(request.breakGlass?.review?.comment ?? ''),
    ...buttons,
  ];
  const spoken =
    request.status === 'pending' ? text.card.ask(request, riskWord) : text.card.about(request, state.short);
  return { text: cut(say(spoken), FALLBACK_TEXT_MAX), blocks };
}

/** Where the rest of it is, and what is not where the policy puts it. */
function leads({ role }: AccessRequest, { place, link, again }: CardAt, text: Text): Block[] {
  const words = text.record;
  const lead =
    place === 'audit'
      ? [words.toCard(link), ...(again ? [words.headAgain] : [])]
      : role.auditChannel === null
        ? []
        : [words.toRecord(link)];
  const lines = [...lead, ...role.unreached.map(words.unreached)];
  return lines.length === 0 ? [] : [context(lines.join('\n'))];
}

/** How long each of several texts may be, so that all fit: what a short one leaves is for the longer ones. */
function shareOf(left: number, lengths: readonly number[]): number {
  let rest = left;
  for (const [index, length] of lengths.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(rest / (lengths.length - index));
    if (length > share) return share;
    rest -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** What the labels over the long texts take. */
const LABELS_SIZE = 200;

function fields(view: RequestView, text: Text): string[] {
  const { request } = view;
  const of = text.card.fields;
  return [
    of.who(request),
    of.what(request),
    of.where(request),
    of.risk(text.risk[request.role.risk]),
    of.howLong(request, until(view, text)),
    ...(request.ticket === null ? [] : [of.ticket(request.ticket)]),
  ];
}

function until({ request, grant }: RequestView, text: Text): string {
  if (request.extension) return text.card.untilInstead(request.extension, request);
  if (grant?.status === 'active' && grant.endsAt) return text.card.until(grant.endsAt);
  if (grant?.status === 'scheduled')
    return grant.startsAt ? text.card.fromStart(grant.startsAt) : text.card.fromPressing;
  if (grant?.status === 'provisioning') return text.card.untilLatest(grant.mustEndBy);
  if (grant?.endsAt) return text.card.wasUntil(grant.endsAt);
  if (request.startsAt) return text.card.fromStart(request.startsAt);
  if (request.endsBy && request.status === 'pending') return text.card.untilThen(request.endsBy);
  return request.status === 'pending' ? text.card.fromGoingLive : '';
}

/** The latest changes; all of them stand in the thread. */
function edits(request: AccessRequest, text: Text, say: (markup: string) => string): Block[] {
  const lines = request.edits.slice(-EDITS_SHOWN).map((each) => cut(say(text.card.edited(each)), EDIT_TEXT_MAX));
  return lines.length === 0 ? [] : [context(lines.join('\n'))];
}

function stages({ request, voters }: RequestView, text: Text, say: (markup: string) => string): Block[] {
  if (request.stages.length === 0) return [];
  const all = progress(request, voters);
  const current = request.status === 'pending' ? currentStage(all) : null;
  const lines = all.map((stage, index) => {
    const place = current === null ? 'closed' : index === current ? 'now' : 'later';
    return cut(say(text.card.stage(index + 1, stage, place)), Math.floor(STAGES_TEXT_MAX / request.stages.length) - 1);
  });
  return [section(lines.join('\n'))];
}

function mayDecide({ approvers, deciders }: RequestView, text: Text): string {
  if (deciders.length === 0) return text.card.nobodyMayDecide;
  const shown = deciders.filter(({ user }) => approvers.includes(user));
  return cut(text.card.mayDecide(shown, deciders.length - shown.length), DECIDERS_TEXT_MAX);
}

/** How the review of a use of break-glass stands, with its button while it is due. */
function review(view: RequestView, text: Text, recorded: boolean): Block[] {
  const { request, approvers } = view;
  const found = request.breakGlass?.review;
  if (!found) return [];
  const words = text.card.review;
  if (found.status !== 'due') return [section(words.closed(found))];
  const open = button(ACTION.review, words.open, words.openLabel(request), requestValue(request.id));
  const due = section(cut(words.due(found, request.breakGlass?.reviewers ?? []), DECIDERS_TEXT_MAX));
  const nobody = approvers.length > 0 ? '' : words.waitsFor(view);
  const shown = nobody === '' ? [due] : [due, section(nobody)];
  return recorded ? shown : [...shown, { type: 'actions', block_id: 'review', elements: [open] }];
}

/** The words that somebody gave with the end; null: none. */
function closing({ request, grant }: RequestView, text: Text): { label: string; written: string } | null {
  if (request.status === 'denied' && request.closedReason) {
    return { label: text.card.denyReasonLabel, written: request.closedReason };
  }
  if (grant?.endedBecause === 'revoked' && grant.endReason) {
    return { label: text.card.endReasonLabel, written: grant.endReason };
  }
  return null;
}
