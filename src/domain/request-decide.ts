import { currentStage, type Decision, progress } from './approval.ts';
import { schedule } from './effect.ts';
import { type Actor, byPerson, refOf } from './person.ts';
import { refused } from './refusal.ts';
import { type AccessRequest, close, event, type RequestCommand } from './request-state.ts';
import { reviewEffects, startReview } from './review.ts';
import type { Transition } from './transition.ts';

export function approve(
  state: AccessRequest,
  command: Extract<RequestCommand, { type: 'approve' }>,
  now: Date,
): Transition<AccessRequest> {
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const before = progress(state.stages, state.decisions, command.voters);
  const index = currentStage(before);
  if (index === null) return approved(state, byPerson(command.by), now);
  const stage = state.stages[index];
  const voters = command.voters[index];
  if (!stage || !voters) return refused({ code: 'not_an_approver', from: [], unavailable: null });
  if (command.by.slackUserId === state.requester.slackUserId && !stage.selfAllowed)
    return refused({ code: 'own_request' });
  const via = voters.voters.get(command.by.slackUserId);
  if (via === undefined)
    return refused({ code: 'not_an_approver', from: stage.from, unavailable: voters.unavailable[0] ?? null });
  if (before.some((each) => each.counted.some((decision) => decision.by.slackUserId === command.by.slackUserId))) {
    return refused({ code: 'already_counted' });
  }
  const decision: Decision = {
    kind: 'approved',
    by: refOf(command.by),
    at: now,
    revision: state.revision,
    stage: index,
    via,
    reason: null,
  };
  const next: AccessRequest = { ...state, decisions: [...state.decisions, decision] };
  const said = event(next, now, byPerson(command.by), { kind: 'decision.approved', data: { stage: index, via } });
  if (currentStage(progress(next.stages, next.decisions, command.voters)) !== null) {
    return {
      ok: true,
      state: next,
      events: [said],
      effects: [schedule({ kind: 'render_card', requestId: state.id }, now)],
    };
  }
  const done = approved(next, byPerson(command.by), now);
  return done.ok ? { ...done, events: [said, ...done.events] } : done;
}

export function approved(state: AccessRequest, actor: Actor, now: Date): Transition<AccessRequest> {
  const approvers = state.decisions
    .filter((decision) => decision.kind === 'approved')
    .map((decision) => decision.by.email);
  const breakGlass = state.breakGlass ? startReview(state.breakGlass, now) : null;
  const done = close({ ...state, breakGlass }, 'approved', actor, now, {
    reason: null,
    fact: { kind: 'request.approved', data: { rule: state.policyDecision.rule.name, approvers } },
    notice: 'request_approved',
  });
  if (!done.ok || breakGlass === null) return done;
  return { ...done, effects: [...done.effects, ...reviewEffects(state, breakGlass, now)] };
}

export function deny(
  state: AccessRequest,
  command: Extract<RequestCommand, { type: 'deny' }>,
  now: Date,
): Transition<AccessRequest> {
  if (command.by.slackUserId === state.requester.slackUserId) return refused({ code: 'own_request' });
  if (command.via === null) {
    return refused({
      code: 'not_an_approver',
      from: state.stages.flatMap((stage) => stage.from),
      unavailable: command.unavailable[0] ?? null,
    });
  }
  const reason = command.reason.trim();
  if (reason === '') return refused({ code: 'deny_reason_missing' });
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const decision: Decision = {
    kind: 'denied',
    by: refOf(command.by),
    at: now,
    revision: state.revision,
    stage: null,
    via: command.via,
    reason,
  };
  const done = close({ ...state, decisions: [...state.decisions, decision] }, 'denied', byPerson(command.by), now, {
    reason,
    fact: { kind: 'request.denied', data: { reason, rule: null } },
    notice: 'request_denied',
  });
  if (!done.ok) return done;
  const said = event(state, now, byPerson(command.by), { kind: 'decision.denied', data: { via: command.via, reason } });
  return { ...done, events: [said, ...done.events] };
}
