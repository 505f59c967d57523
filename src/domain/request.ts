import type { NewAuditEvent } from './audit.ts';
import { type EffectChange, schedule } from './effect.ts';
import { byPerson, bySystem } from './person.ts';
import { refused } from './refusal.ts';
import { approve, approved, deny } from './request-decide.ts';
import { edit } from './request-edit.ts';
import {
  type AccessRequest,
  close,
  type Draft,
  event,
  LAPSED,
  notify,
  REQUESTER_LEFT,
  type RequestCommand,
  unanswered,
} from './request-state.ts';
import { beginStage, escalate, remind } from './request-wait.ts';
import type { RequestStatus } from './status.ts';
import type { Transition } from './transition.ts';

export type {
  AccessRequest,
  Draft,
  Edit,
  EditedAsk,
  Extension,
  RequestCommand,
  RoleSnapshot,
} from './request-state.ts';
export { extendedEnd, LAPSED, REQUESTER_LEFT } from './request-state.ts';
export type { RequestStatus };

/** The moment a request is born. Its approval, by policy or by people, is a command of its own. */
export function submit(draft: Draft): {
  state: AccessRequest;
  events: NewAuditEvent[];
  effects: EffectChange[];
} {
  const born = unanswered(draft);
  const waits = born.stages.length > 0;
  const { state, effects } = waits
    ? beginStage(born, 0, born.createdAt)
    : { state: born, effects: [schedule({ kind: 'expire_request', requestId: born.id }, born.expiresAt)] };
  return {
    state,
    events: [
      event(state, state.createdAt, byPerson(state.requester), {
        kind: 'request.submitted',
        data: {
          role: state.role.key,
          durationSeconds: state.durationSeconds,
          reason: state.reason,
          ticket: state.ticket,
          ...(state.startsAt === null ? {} : { startsAt: state.startsAt.toISOString() }),
          ...(state.endsBy === null ? {} : { endsBy: state.endsBy.toISOString() }),
          policyVersion: state.policyVersion,
          rule: state.policyDecision.rule.name,
          outcome: waits ? 'require' : 'approve',
          ...(state.breakGlass === null ? {} : { breakGlass: true }),
          ...(state.extension === null ? {} : { extends: state.extension.grantId }),
          ...fellBack(state),
        },
      }),
    ],
    effects: [
      schedule({ kind: 'render_card', requestId: state.id }, state.createdAt),
      ...effects,
      ...(waits ? [notify(state, 'request_submitted', state.createdAt)] : []),
    ],
  };
}

/** Where others are asked than the policy names first, the audit says so from the start. */
function fellBack({ stages }: AccessRequest) {
  const found = stages.flatMap(({ from, fallback }, stage) =>
    fallback?.used
      ? [{ stage, from: from.filter((name) => !fallback.to.includes(name)), to: [...fallback.to], ...fallback.used }]
      : [],
  );
  return found.length === 0 ? {} : { fellBack: found };
}

export function transitionRequest(state: AccessRequest, command: RequestCommand, now: Date): Transition<AccessRequest> {
  if (state.status !== 'pending') {
    return refused({ code: 'request_not_pending', status: state.status, by: state.closedBy });
  }
  switch (command.type) {
    case 'approve_by_policy':
      return state.stages.length === 0
        ? approved(state, [], bySystem('policy'), now)
        : refused({ code: 'not_an_approver', from: state.stages.flatMap((stage) => stage.from), unavailable: null });
    case 'approve':
      return approve(state, command, now);
    case 'deny':
      return deny(state, command, now);
    case 'edit':
      return edit(state, command, now);
    case 'deny_by_policy':
      return close(state, 'denied', bySystem('policy'), now, {
        reason: command.message ?? command.rule,
        fact: { kind: 'request.denied', data: { reason: command.message ?? command.rule, rule: command.rule } },
        notice: 'request_denied',
      });
    case 'cancel':
      if (command.by.slackUserId !== state.requester.slackUserId) return refused({ code: 'not_the_requester' });
      return close(state, 'cancelled', byPerson(command.by), now, {
        reason: null,
        fact: { kind: 'request.cancelled', data: {} },
        notice: 'request_cancelled',
      });
    case 'remind':
      return remind(state, command.by, now);
    case 'escalate':
      return escalate(state, command, now);
    case 'expire':
      if (now < state.expiresAt)
        return {
          ok: true,
          state,
          events: [],
          effects: [schedule({ kind: 'expire_request', requestId: state.id }, state.expiresAt)],
        };
      return close(state, 'expired', bySystem('schedule'), now, {
        reason: null,
        fact: { kind: 'request.expired', data: { deadline: state.expiresAt.toISOString() } },
        notice: 'request_expired',
      });
    case 'lapse':
      return close(state, 'expired', bySystem('schedule'), now, {
        reason: LAPSED,
        fact: { kind: 'request.lapsed', data: { grant: state.extension?.grantId ?? '' } },
        notice: 'request_expired',
      });
    case 'requester_left':
      return close(state, 'cancelled', bySystem('worker'), now, {
        reason: REQUESTER_LEFT,
        fact: { kind: 'request.requester_left', data: {} },
        notice: null,
      });
  }
}
