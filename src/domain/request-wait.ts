import { cancel, type EffectChange, schedule } from './effect.ts';
import { canonicalJson } from './json.ts';
import { byPerson, bySystem, type PersonRef } from './person.ts';
import type { Stage } from './policy/types.ts';
import { refused } from './refusal.ts';
import { type AccessRequest, event, notify, type RequestCommand } from './request-state.ts';
import type { Transition } from './transition.ts';

/** The least time between two reminders that people ask for: more would be noise that nobody reads. */
export const REMINDER_PAUSE_SECONDS = 900;

type Stepped = { readonly state: AccessRequest; readonly effects: readonly EffectChange[] };

/** The stage that people are asked in from now on, with its times: when they are reminded, who is asked after them, when it is over. */
export function beginStage(state: AccessRequest, index: number, now: Date): Stepped {
  const stage = state.stages[index];
  if (!stage) return { state, effects: [] };
  const until = state.waiting?.until ?? state.expiresAt;
  const { remindAt, escalateAt, endsAt } = timesOf(stage, now, until);
  const next: AccessRequest = {
    ...state,
    expiresAt: endsAt,
    waiting: { stage: index, since: now, until, remindAt, escalateAt, escalatedAt: null },
  };
  return { state: next, effects: alarms(next) };
}

/** The stages as they are asked for now: who is asked when nobody decides in time has been, where it says so. */
export const widened = (stages: readonly Stage[], waiting: AccessRequest['waiting']): readonly Stage[] =>
  stages.map((stage, index) =>
    waiting?.escalatedAt && index === waiting.stage && stage.wait
      ? { ...stage, from: [...new Set([...stage.from, ...stage.wait.escalateTo])] }
      : stage,
  );

/** A shortening goes on where it was; what people see for the first time has all its time. */
export function waitAfterEdit(before: AccessRequest, edited: AccessRequest, asked: number, now: Date): Stepped {
  const same = canonicalJson(edited.stages[asked]) === canonicalJson(before.stages[asked]);
  const goesOn = same && asked === before.waiting?.stage && edited.role.key === before.role.key;
  return goesOn ? { state: edited, effects: [] } : beginStage(edited, asked, now);
}

/** What is not set is halfway: reminders leave as much time to act as they let pass, and so does asking others. */
function timesOf(
  { wait }: Stage,
  since: Date,
  until: Date,
): { remindAt: Date | null; escalateAt: Date | null; endsAt: Date } {
  const after = (seconds: number): Date => new Date(since.getTime() + seconds * 1000);
  const half = (end: Date): Date => new Date((since.getTime() + end.getTime()) / 2);
  const own = wait?.withinSeconds == null ? until : after(wait.withinSeconds);
  const endsAt = own < until ? own : until;
  const inTime = (at: Date): Date | null => (at < endsAt ? at : null);
  const escalateAt = wait?.escalateTo.length
    ? inTime(wait.escalateAfterSeconds === null ? half(endsAt) : after(wait.escalateAfterSeconds))
    : null;
  const remindAt = inTime(
    wait?.remindAfterSeconds == null ? half(escalateAt ?? endsAt) : after(wait.remindAfterSeconds),
  );
  return { remindAt, escalateAt, endsAt };
}

function alarms(state: AccessRequest): EffectChange[] {
  const { remindAt = null, escalateAt = null } = state.waiting ?? {};
  const remind = { kind: 'remind_approvers', requestId: state.id } as const;
  const escalate = { kind: 'escalate_request', requestId: state.id } as const;
  return [
    schedule({ kind: 'expire_request', requestId: state.id }, state.expiresAt),
    remindAt ? schedule(remind, remindAt) : cancel(remind),
    escalateAt ? schedule(escalate, escalateAt) : cancel(escalate),
  ];
}

/** How often people may still be told about it, apart from those who are to be asked when a time is over: they always are. */
function remindersLeft(state: AccessRequest): number {
  const from = state.waiting?.stage ?? 0;
  const escalations = state.stages.filter(
    ({ wait }, index) => wait?.escalateTo.length && (index > from || (index === from && state.waiting?.escalateAt)),
  );
  return state.role.remindersMax - escalations.length - state.reminders;
}

/** The requester nudges, or (`by: null`) the time for it has come. */
export function remind(state: AccessRequest, by: PersonRef | null, now: Date): Transition<AccessRequest> {
  const told = (actor: PersonRef | null): Transition<AccessRequest> => {
    const waiting = state.waiting && actor === null ? { ...state.waiting, remindAt: null } : state.waiting;
    const next: AccessRequest = { ...state, waiting, reminders: state.reminders + 1, remindedAt: now };
    return {
      ok: true,
      state: next,
      events: [
        event(next, now, actor === null ? bySystem('schedule') : byPerson(actor), {
          kind: 'request.reminded',
          data: { expiresAt: state.expiresAt.toISOString() },
        }),
      ],
      effects: [schedule({ kind: 'render_card', requestId: state.id }, now)],
    };
  };
  if (by === null) {
    const remindAt = state.waiting?.remindAt ?? null;
    // An alarm of an earlier stage, or one that rings so late that it would ask for what is about to be over.
    if (remindAt === null || now >= state.expiresAt) return nothing(state);
    if (now < remindAt) return nothing(state, alarms(state));
    if (remindersLeft(state) > 0) return told(null);
    // Nobody is told, but the card no longer says that somebody will be.
    return nothing({ ...state, waiting: { ...waitingOf(state), remindAt: null } }, [
      schedule({ kind: 'render_card', requestId: state.id }, now),
    ]);
  }
  if (by.slackUserId !== state.requester.slackUserId) return refused({ code: 'not_the_requester' });
  const againAt = new Date((state.remindedAt ?? state.createdAt).getTime() + REMINDER_PAUSE_SECONDS * 1000);
  if (remindersLeft(state) <= 0) return refused({ code: 'reminders_used_up', max: state.role.remindersMax });
  return now < againAt ? refused({ code: 'reminded_just_now', againAt }) : told(by);
}

/** Nobody decided in the stage's time: the others whom the policy names for that are told, and may decide from now on. */
export function escalate(
  state: AccessRequest,
  { people }: Extract<RequestCommand, { type: 'escalate' }>,
  now: Date,
): Transition<AccessRequest> {
  const escalateAt = state.waiting?.escalateAt ?? null;
  const stage = state.stages[state.waiting?.stage ?? -1];
  if (escalateAt === null || !stage?.wait || now >= state.expiresAt) return nothing(state);
  if (now < escalateAt) return nothing(state, alarms(state));
  const to = stage.wait.escalateTo;
  const waiting = { ...waitingOf(state), remindAt: null, escalateAt: null, escalatedAt: now };
  const next: AccessRequest = {
    ...state,
    stages: widened(state.stages, waiting),
    waiting,
    reminders: state.reminders + 1,
    remindedAt: now,
  };
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('schedule'), {
        kind: 'request.escalated',
        data: { stage: waitingOf(state).stage, to: [...to], expiresAt: state.expiresAt.toISOString() },
      }),
    ],
    effects: [
      schedule({ kind: 'render_card', requestId: state.id }, now),
      cancel({ kind: 'remind_approvers', requestId: state.id }),
      ...people.map((person) => notify(next, 'request_escalated', now, person)),
    ],
  };
}

function waitingOf({ waiting, id }: AccessRequest): NonNullable<AccessRequest['waiting']> {
  if (waiting === null) throw new Error(`${id} waits for nobody`);
  return waiting;
}

const nothing = (state: AccessRequest, effects: readonly EffectChange[] = []): Transition<AccessRequest> => ({
  ok: true,
  state,
  events: [],
  effects,
});
