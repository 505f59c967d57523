import { currentStage, progress } from '../../domain/approval.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { ACTION } from '../action-ids.ts';
import { type Block, context, cut, divider, type Message, mrkdwn, plain, plainSections, section } from '../blocks.ts';
import { requestValue } from '../button-value.ts';
import { FALLBACK_TEXT_MAX, FIELD_MAX, HEADER_MAX, STAGES_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';
import { decideButtons } from './decide-buttons.ts';
import { button } from './notice.ts';
import { stateOf } from './state.ts';

/**
 * Sections of 3,000 characters that a reason may take. It fits into one, unless it is full of `&` and `<`, which grow when they
 * are escaped; beside a second long text only one is affordable.
 */
const REASON_SECTIONS = 2;

/**
 * The whole approval card, from the present state alone. Whatever people wrote stands in plain_text or is escaped. At its largest
 * it stays far below 50 blocks and the 13,200 characters at which Slack refuses a message.
 */
export function requestCard(view: RequestView, text: Text): Message {
  const { request } = view;
  const state = stateOf(view, text);
  const riskWord = text.risk[request.role.risk];
  const waits = request.status === 'pending';
  const end = closing(view, text);
  const blocks: Block[] = [
    { type: 'header', text: plain(text.card.plainTitle(request), HEADER_MAX) },
    ...(state.loud ? [section(state.line)] : []),
    { type: 'section', fields: fields(view, text).map((field) => mrkdwn(cut(field, FIELD_MAX))) },
    ...reason(request, end.length > 0 ? 1 : REASON_SECTIONS, text),
    context(text.card.rule(request)),
    ...stages(request, text),
    ...(waits ? [section(mayDecide(view, text))] : []),
    ...(state.loud ? [] : [section(state.line)]),
    ...end,
    ...review(request, text),
    ...(waits ? [divider, decideButtons(request, text)] : []),
  ];
  const spoken = waits ? text.card.ask(request, riskWord) : text.card.about(request, state.short);
  return { text: cut(spoken, FALLBACK_TEXT_MAX), blocks };
}

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
  if (grant && (grant.status === 'provisioning' || grant.status === 'scheduled')) {
    return text.card.untilLatest(grant.mustEndBy);
  }
  if (grant?.endsAt) return text.card.wasUntil(grant.endsAt);
  return request.status === 'pending' ? text.card.fromGoingLive : '';
}

function reason(request: AccessRequest, sections: number, text: Text): Block[] {
  if (request.reason === '') return [context(text.card.noReason)];
  return [context(text.card.reasonLabel), ...plainSections(request.reason, sections)];
}

function stages(request: AccessRequest, text: Text): Block[] {
  if (request.stages.length === 0) return [];
  const all = progress(request.stages, request.decisions, null);
  const current = request.status === 'pending' ? currentStage(all) : null;
  const lines = all.map((stage, index) => {
    const place = current === null ? 'closed' : index === current ? 'now' : 'later';
    return cut(text.card.stage(index + 1, stage, place), Math.floor(STAGES_TEXT_MAX / request.stages.length) - 1);
  });
  return [section(lines.join('\n'))];
}

function mayDecide({ approvers }: RequestView, text: Text): string {
  if (approvers.length === 0) return text.card.nobodyMayDecide;
  return text.card.mayDecide(approvers);
}

/** How the review of a use of break-glass stands, with its button while it is due. */
function review(request: AccessRequest, text: Text): Block[] {
  const found = request.breakGlass?.review;
  if (!found) return [];
  const words = text.card.review;
  if (found.status !== 'due') return [section(words.closed(found)), ...plainSections(found.comment ?? '', 1)];
  const open = button(ACTION.review, words.open, words.openLabel(request), requestValue(request.id));
  return [
    section(words.due(found, request.breakGlass?.reviewers ?? [])),
    { type: 'actions', block_id: 'review', elements: [open] },
  ];
}

/** The words that somebody gave with the end. */
function closing({ request, grant }: RequestView, text: Text): Block[] {
  if (request.status === 'denied' && request.closedReason) {
    return [context(text.card.denyReasonLabel), ...plainSections(request.closedReason, 1)];
  }
  if (grant?.endedBecause === 'revoked' && grant.endReason) {
    return [context(text.card.endReasonLabel), ...plainSections(grant.endReason, 1)];
  }
  return [];
}
