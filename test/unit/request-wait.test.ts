import { describe, expect, it } from '@jest/globals';
import type { StageVoters } from '../../src/domain/approval.ts';
import type { EffectChange } from '../../src/domain/effect.ts';
import type { PersonRef } from '../../src/domain/person.ts';
import type { Stage, StageWait } from '../../src/domain/policy/types.ts';
import { type AccessRequest, type RequestCommand, transitionRequest } from '../../src/domain/request.ts';
import { aStage, dba, dev, later, sec, submission } from '../support/domain.ts';

const MINUTE = 60;
const waits = (wait: Partial<StageWait>): StageWait => ({
  withinSeconds: null,
  remindAfterSeconds: null,
  escalateAfterSeconds: null,
  escalateTo: [],
  ...wait,
});
const staged = (wait: Partial<StageWait>, from = 'dba'): Stage => ({ ...aStage(1, from), wait: waits(wait) });
/** A request that was made at T0 and is over after eight hours at the latest. */
const asked = (...stages: Stage[]): AccessRequest => submission(stages).state;

/** When each alarm rings, in minutes from T0; null: it does not. */
const alarms = (effects: readonly EffectChange[]): Record<string, number | null> =>
  Object.fromEntries(
    effects
      .filter(({ effect }) => /^(remind_approvers|escalate_request|expire_request)$/.test(effect.kind))
      .map((each) => [
        each.effect.kind.split('_')[0],
        each.change === 'schedule' ? (each.dueAt.getTime() - later(0).getTime()) / 60_000 : null,
      ]),
  );

function step(request: AccessRequest, command: RequestCommand, minutes: number) {
  const made = transitionRequest(request, command, later(minutes * MINUTE));
  if (!made.ok) throw new Error(made.refusal.code);
  return made;
}
const CLOCK = { type: 'remind', by: null } as const;
const NUDGE = { type: 'remind', by: dev } as const;
const escalateTo = (...people: PersonRef[]): RequestCommand => ({
  type: 'escalate',
  people: people.map(({ slackUserId }) => slackUserId),
});

describe('the times of a stage', () => {
  it.each<[string, Partial<StageWait>, Record<string, number | null>]>([
    ['nothing is said', {}, { expire: 480, remind: 240, escalate: null }],
    ['only its time', { withinSeconds: 60 * MINUTE }, { expire: 60, remind: 30, escalate: null }],
    ['only who is asked then', { escalateTo: ['sec'] }, { expire: 480, remind: 120, escalate: 240 }],
    [
      'all of it',
      {
        withinSeconds: 60 * MINUTE,
        remindAfterSeconds: 10 * MINUTE,
        escalateAfterSeconds: 20 * MINUTE,
        escalateTo: ['sec'],
      },
      { expire: 60, remind: 10, escalate: 20 },
    ],
    [
      'times beyond the end of the request',
      {
        withinSeconds: 600 * MINUTE,
        remindAfterSeconds: 500 * MINUTE,
        escalateAfterSeconds: 550 * MINUTE,
        escalateTo: ['sec'],
      },
      { expire: 480, remind: null, escalate: null },
    ],
  ])('%s', (_, wait, expected) => {
    expect(alarms(submission([staged(wait)]).effects)).toEqual(expected);
  });

  it('begin anew with the next stage, and never go beyond the end of the request', () => {
    const request = asked(staged({ withinSeconds: 60 * MINUTE }), staged({ withinSeconds: 450 * MINUTE }, 'sec'));
    expect(request.expiresAt).toEqual(later(60 * MINUTE));
    const voters: StageVoters[] = [dba, sec].map((by, index) => ({
      voters: new Map([[by.slackUserId, { via: index === 0 ? 'dba' : 'sec', onBehalfOf: [] }]]),
      unavailable: [],
    }));
    const done = step(request, { type: 'approve', by: dba, revision: 1, voters }, 50);
    expect(alarms(done.effects)).toEqual({ expire: 480, remind: 265, escalate: null });
    expect(done.state.waiting).toMatchObject({ stage: 1, since: later(50 * MINUTE), until: later(480 * MINUTE) });
    expect(step(done.state, { type: 'expire' }, 60).state.status).toBe('pending');
    // The alarm of the stage that is over rings in vain.
    expect(step(done.state, CLOCK, 60)).toMatchObject({ events: [], state: done.state });
    expect(step(done.state, { type: 'expire' }, 480).state.status).toBe('expired');
  });
});

describe('a reminder that the policy has no room for', () => {
  it('tells nobody, and the card no longer speaks of it', () => {
    const made = asked(staged({ remindAfterSeconds: 30 * MINUTE }));
    const request: AccessRequest = { ...made, role: { ...made.role, remindersMax: 0 } };
    const { state, events, effects } = step(request, CLOCK, 30);
    expect(events).toEqual([]);
    expect(state.waiting).toMatchObject({ remindAt: null });
    expect(effects).toMatchObject([{ change: 'schedule', effect: { kind: 'render_card' } }]);
  });
});

describe('when nobody decides in time', () => {
  const wait = { withinSeconds: 60 * MINUTE, escalateAfterSeconds: 30 * MINUTE, escalateTo: ['sec', 'manager'] };

  it('others are told and may decide too, once', () => {
    const request = asked(staged(wait));
    const early = step(request, escalateTo(sec), 29);
    expect(early.state).toBe(request);
    expect(alarms(early.effects)).toMatchObject({ escalate: 30 });
    const { state, events, effects } = step(request, escalateTo(sec), 30);
    expect(state.stages[0]?.from).toEqual(['dba', 'sec', 'manager']);
    expect(state.waiting).toMatchObject({ escalatedAt: later(30 * MINUTE), escalateAt: null, remindAt: null });
    expect(events.map(({ kind, data }) => [kind, data])).toEqual([
      ['request.escalated', { stage: 0, to: ['sec', 'manager'], expiresAt: later(60 * MINUTE).toISOString() }],
    ]);
    expect(effects).toContainEqual({
      change: 'schedule',
      dueAt: later(30 * MINUTE),
      effect: { kind: 'notify_person', notice: 'request_escalated', to: sec.slackUserId, requestId: state.id },
    });
    expect(alarms(effects)).toEqual({ remind: null });
    const again = step(state, escalateTo(sec), 31);
    expect([again.state, again.events, again.effects]).toEqual([state, [], []]);
    expect(step(state, { type: 'expire' }, 60).state.status).toBe('expired');
  });

  it.each([
    ['shortened, which leaves it where it is', 'dba', ['dba', 'sec', 'manager'], 'as it was'],
    ['asked of others by the policy, who have all their time', 'dba2', ['dba2', 'sec', 'manager'], 'anew'],
  ])('and it is then %s', (_, from, then, goes) => {
    const { state } = step(asked(staged(wait)), escalateTo(sec), 30);
    const voters: StageVoters[] = [
      { voters: new Map([[sec.slackUserId, { via: 'sec', onBehalfOf: [] }]]), unavailable: [] },
    ];
    const stages = [staged(wait, from)];
    const decision = { ...state.policyDecision, stages };
    const to = { role: null, durationSeconds: 60, decision, stages, facts: state.facts, voters };
    const edited = step(state, { type: 'edit', by: sec, revision: 1, voters, to }, 40);
    expect(edited.state.stages[0]?.from).toEqual(then);
    expect(alarms(edited.effects).expire ?? null).toBe(goes === 'anew' ? 100 : null);
  });

  it('is too late at the end of the stage', () => {
    const request = asked(staged(wait));
    expect(step(request, escalateTo(sec), 60)).toMatchObject({ state: request, events: [] });
    expect(step(request, CLOCK, 60)).toMatchObject({ state: request, events: [] });
  });

  it('leaves nothing behind when somebody does', () => {
    const request = asked(staged(wait));
    const closed = step(request, { type: 'cancel', by: dev }, 5);
    expect(closed.effects).toContainEqual({
      change: 'cancel',
      effect: { kind: 'escalate_request', requestId: request.id },
    });
  });
});

describe('how often people are told that it waits', () => {
  const limited = (max: number, ...stages: Stage[]): AccessRequest => {
    const request = asked(...stages);
    return { ...request, role: { ...request.role, remindersMax: max } };
  };

  it('keeps enough for those who are to be asked when a time is over', () => {
    const request = limited(2, staged({ escalateTo: ['sec'], escalateAfterSeconds: 120 * MINUTE }));
    const nudged = step(request, NUDGE, 20).state;
    expect(transitionRequest(nudged, NUDGE, later(40 * MINUTE))).toEqual({
      ok: false,
      refusal: { code: 'reminders_used_up', max: 2 },
    });
    const clock = step(nudged, CLOCK, 60);
    expect(clock.events).toEqual([]);
    expect(clock.state.waiting?.remindAt).toBeNull();
    const escalated = step(clock.state, escalateTo(sec), 120);
    expect(escalated.events).toHaveLength(1);
    expect(escalated.state.reminders).toBe(2);
  });

  it('is never, where the role says so', () => {
    const request = limited(0, staged({}));
    expect(step(request, CLOCK, 240).events).toEqual([]);
    expect(transitionRequest(request, NUDGE, later(20 * MINUTE))).toMatchObject({ ok: false });
  });
});
