import { schedule } from './effect.ts';
import { byPerson, bySystem, type PersonRef } from './person.ts';
import { refused } from './refusal.ts';
import { type AccessRequest, event } from './request-state.ts';
import type { Transition } from './transition.ts';

/** Reminders of one request, all together, and the least time between two: more would be noise that nobody reads. */
export const REMINDERS_MAX = 3;
export const REMINDER_PAUSE_SECONDS = 900;
/** When the clock reminds: it leaves as much time to act as it has let pass. */
export const halfway = (state: AccessRequest): Date =>
  new Date((state.createdAt.getTime() + state.expiresAt.getTime()) / 2);

export function remind(state: AccessRequest, by: PersonRef | null, now: Date): Transition<AccessRequest> {
  if (by !== null && by.slackUserId !== state.requester.slackUserId) return refused({ code: 'not_the_requester' });
  // An alarm that rings late must not ask for what is about to be over.
  if (by === null && now >= state.expiresAt) return { ok: true, state, events: [], effects: [] };
  const againAt = new Date((state.remindedAt ?? state.createdAt).getTime() + REMINDER_PAUSE_SECONDS * 1000);
  if (state.reminders >= REMINDERS_MAX) return refused({ code: 'reminders_used_up', max: REMINDERS_MAX });
  if (now < againAt && by !== null) return refused({ code: 'reminded_just_now', againAt });
  const next: AccessRequest = { ...state, reminders: state.reminders + 1, remindedAt: now };
  const actor = by === null ? bySystem('schedule') : byPerson(by);
  return {
    ok: true,
    state: next,
    events: [event(next, now, actor, { kind: 'request.reminded', data: { expiresAt: state.expiresAt.toISOString() } })],
    effects: [schedule({ kind: 'render_card', requestId: state.id }, now)],
  };
}
