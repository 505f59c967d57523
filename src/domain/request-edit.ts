import { currentStage, forWhom, placeFor, progress, type Seat } from './approval.ts';
import { schedule } from './effect.ts';
import { byPerson, refOf } from './person.ts';
import { worthTelling } from './policy/lookup.ts';
import { refused } from './refusal.ts';
import { approved } from './request-decide.ts';
import { type AccessRequest, type Edit, event, notify, type RequestCommand } from './request-state.ts';
import { waitAfterEdit, widened } from './request-wait.ts';
import type { Transition } from './transition.ts';

type EditCommand = Extract<RequestCommand, { type: 'edit' }>;

/**
 * An approver makes the ask smaller before anybody approves it: less time, or a narrower role. The stages are those that the policy asks
 * for now. Whoever approved more time has approved less of it; a role that they did not see they have not approved. An edit that leaves
 * no stage waiting approves.
 */
export function edit(state: AccessRequest, command: EditCommand, now: Date): Transition<AccessRequest> {
  if (command.revision !== state.revision) return refused({ code: 'request_changed', revision: state.revision });
  if (command.by.slackUserId === state.requester.slackUserId) return refused({ code: 'own_request' });
  const right = rightToEdit(state, command);
  if (!right) {
    return refused({
      code: 'not_an_approver',
      from: state.stages.flatMap((stage) => stage.from),
      unavailable: worthTelling(command.voters.flatMap((stage) => stage.unavailable)),
    });
  }
  const { to } = command;
  if (to.durationSeconds > state.durationSeconds)
    return refused({ code: 'edit_not_shorter', maxSeconds: state.durationSeconds });
  if (to.role === null && to.durationSeconds === state.durationSeconds)
    return refused({ code: 'edit_changes_nothing' });

  const revision = state.revision + 1;
  const next: AccessRequest = {
    ...state,
    revision,
    role: to.role ?? state.role,
    durationSeconds: to.durationSeconds,
    policyDecision: to.decision,
    facts: to.facts,
    stages: to.role === null ? widened(to.stages, state.waiting) : to.stages,
    approvalsFrom: to.role === null ? state.approvalsFrom : revision,
  };
  const change: Edit = {
    by: refOf(command.by),
    onBehalfOf: right.onBehalfOf,
    at: now,
    before: askedFor(state),
    after: askedFor(next),
  };
  const edited: AccessRequest = { ...next, edits: [...state.edits, change] };
  const said = event(edited, now, byPerson(command.by), {
    kind: 'request.edited',
    data: {
      before: factOf(change.before),
      after: factOf(change.after),
      approvals: to.role === null ? 'kept' : 'reset',
      rule: to.decision.rule.name,
      via: right.seat.via,
      ...forWhom(right.onBehalfOf),
    },
  });
  const told = notify(edited, 'request_edited', now);
  const counted = progress(edited, to.voters);
  const asked = currentStage(counted);
  if (asked !== null) {
    const render = schedule({ kind: 'render_card', requestId: state.id }, now);
    const waits = waitAfterEdit(state, edited, asked, now);
    return { ok: true, state: waits.state, events: [said], effects: [render, told, ...waits.effects] };
  }
  const done = approved(edited, counted, byPerson(command.by), now);
  return done.ok ? { ...done, events: [said, ...done.events], effects: [...done.effects, told] } : done;
}

/** Whoever may decide in any of its stages now. */
function rightToEdit(state: AccessRequest, command: EditCommand) {
  const seats = command.voters.map((stage) => stage.voters.get(command.by.slackUserId));
  for (const seat of seats.filter((each): each is Seat => each !== undefined)) {
    const place = placeFor(seat, state.requester, new Set());
    if (place.ok) return { seat, onBehalfOf: place.onBehalfOf };
  }
  return null;
}

const askedFor = ({ role, durationSeconds }: AccessRequest): Edit['before'] => ({
  role: role.key,
  title: role.title,
  durationSeconds,
});
const factOf = ({ role, durationSeconds }: Edit['before']) => ({ role, durationSeconds });
