import { currentStage, type Decision, forWhom, placed, placeFor, progress, type StageProgress } from './approval.ts';
import { schedule } from './effect.ts';
import { placeNow } from './needed-later.ts';
import { type Actor, byPerson, refOf } from './person.ts';
import { worthTelling } from './policy/lookup.ts';
import { refused } from './refusal.ts';
import { type AccessRequest, close, event, type RequestCommand } from './request-state.ts';
import { beginStage } from './request-wait.ts';
import { reviewEffects, startReview } from './review.ts';
import type { Transition } from './transition.ts';

export function approve(
  state: AccessRequest,
  command: Extract<RequestCommand, { type: 'approve' }>,
  now: Date,
): Transition<AccessRequest> {
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const before = progress(state, command.voters);
  const index = currentStage(before);
  if (index === null) return approved(state, before, byPerson(command.by), now);
  const stage = state.stages[index];
  const voters = command.voters[index];
  if (!stage || !voters) return refused({ code: 'not_an_approver', from: [], unavailable: null });
  const seat = voters.voters.get(command.by.slackUserId);
  const own = command.by.slackUserId === state.requester.slackUserId;
  if (own && !(stage.selfAllowed && seat?.onBehalfOf.length === 0)) return refused({ code: 'own_request' });
  // Whoever approved an earlier stage is told so, also where a later one asks others.
  if (seat === undefined && placed(before).has(command.by.slackUserId)) return refused({ code: 'already_counted' });
  if (seat === undefined)
    return refused({ code: 'not_an_approver', from: stage.from, unavailable: worthTelling(voters.unavailable) });
  const { voters: all } = command;
  const count = { counted: before, voters: all, requester: state.requester.slackUserId, now: index };
  const place = placeNow(count, command.by.slackUserId, seat);
  if (!place.ok) {
    if (place.why === 'taken') return refused({ code: 'already_counted' });
    if (place.why === 'nobody') return refused({ code: 'delegated_by_requester' });
    const from = state.stages[place.stage]?.from ?? [];
    return refused({ code: 'needed_later', stage: place.stage, from, now: stage.from });
  }
  const { onBehalfOf } = place;
  const { via } = seat;
  const decision: Decision = {
    kind: 'approved',
    by: refOf(command.by),
    onBehalfOf,
    at: now,
    revision: state.revision,
    stage: index,
    via,
    reason: null,
  };
  const next: AccessRequest = { ...state, decisions: [...state.decisions, decision] };
  const said = event(next, now, byPerson(command.by), {
    kind: 'decision.approved',
    data: { stage: index, via, ...forWhom(onBehalfOf) },
  });
  const after = progress(next, command.voters);
  const asked = currentStage(after);
  if (asked !== null) {
    // Another stage has times of its own.
    const begun = asked === state.waiting?.stage ? { state: next, effects: [] } : beginStage(next, asked, now);
    return {
      ok: true,
      state: begun.state,
      events: [said],
      effects: [schedule({ kind: 'render_card', requestId: state.id }, now), ...begun.effects],
    };
  }
  const done = approved(next, after, byPerson(command.by), now);
  return done.ok ? { ...done, events: [said, ...done.events] } : done;
}

/** `counted`: how far each stage was when the last place was filled. */
export function approved(
  state: AccessRequest,
  counted: readonly StageProgress[],
  actor: Actor,
  now: Date,
): Transition<AccessRequest> {
  const decisions = counted.flatMap((stage) => stage.counted);
  const approvers = decisions.map((decision) => decision.by.email);
  const breakGlass = state.breakGlass ? startReview(state.breakGlass, now) : null;
  const settled = { ...state, breakGlass, counted: decisions.map((decision) => state.decisions.indexOf(decision)) };
  const done = close(settled, 'approved', actor, now, {
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
  const place = command.seat ? placeFor(command.seat, state.requester, new Set()) : null;
  if (command.seat === null || !place?.ok) {
    return refused({
      code: 'not_an_approver',
      from: state.stages.flatMap((stage) => stage.from),
      unavailable: worthTelling(command.unavailable),
    });
  }
  const reason = command.reason.trim();
  if (reason === '') return refused({ code: 'deny_reason_missing' });
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  const decision: Decision = {
    kind: 'denied',
    by: refOf(command.by),
    onBehalfOf: place.onBehalfOf,
    at: now,
    revision: state.revision,
    stage: null,
    via: command.seat.via,
    reason,
  };
  const done = close({ ...state, decisions: [...state.decisions, decision] }, 'denied', byPerson(command.by), now, {
    reason,
    fact: { kind: 'request.denied', data: { reason, rule: null } },
    notice: 'request_denied',
  });
  if (!done.ok) return done;
  const said = event(state, now, byPerson(command.by), {
    kind: 'decision.denied',
    data: { via: command.seat.via, reason, ...forWhom(place.onBehalfOf) },
  });
  return { ...done, events: [said, ...done.events] };
}
