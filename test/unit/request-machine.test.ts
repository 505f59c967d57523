import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentStage, progress, type StageVoters } from '../../src/domain/approval.ts';
import type { PersonRef } from '../../src/domain/person.ts';
import type { Stage } from '../../src/domain/policy/types.ts';
import {
  type AccessRequest,
  type EditedAsk,
  type RequestCommand,
  type RequestStatus,
  transitionRequest,
} from '../../src/domain/request.ts';
import { REMINDER_PAUSE_SECONDS } from '../../src/domain/request-wait.ts';
import { aRequest, aStage, dba, dba2, dev, later, sec, submission } from '../support/domain.ts';

const SILENT = { kind: 'unanswered', group: 'dba', detail: 'Slack did not answer', lasting: false } as const;

const voters = (group: string, ...people: PersonRef[]): StageVoters => ({
  voters: new Map(people.map((each) => [each.slackUserId, { via: group, onBehalfOf: [] }])),
  unavailable: [],
});

const approveBy = (by: PersonRef, ...stages: StageVoters[]): Extract<RequestCommand, { type: 'approve' }> => ({
  type: 'approve',
  by,
  revision: 1,
  voters: stages,
});

/** An edit of the request of these tests, after which the policy asks for the same stages. */
const editBy = (
  by: PersonRef,
  to: Partial<EditedAsk>,
  ...stages: StageVoters[]
): Extract<RequestCommand, { type: 'edit' }> => {
  const { durationSeconds, policyDecision: decision, facts } = aRequest();
  const asked = (to.decision ?? decision).stages;
  return {
    type: 'edit',
    by,
    revision: 1,
    voters: stages,
    to: { role: null, durationSeconds, decision, stages: asked, facts, voters: stages, ...to },
  };
};

const COMMANDS: { [K in RequestCommand['type']]: Extract<RequestCommand, { type: K }> } = {
  approve_by_policy: { type: 'approve_by_policy' },
  approve: approveBy(dba, voters('dba', dba)),
  deny: {
    type: 'deny',
    by: dba,
    revision: 1,
    reason: 'not now',
    seat: { via: 'dba', onBehalfOf: [] },
    unavailable: [],
  },
  edit: editBy(dba, { durationSeconds: 1_800 }, voters('dba', dba)),
  deny_by_policy: { type: 'deny_by_policy', rule: 'freeze', message: null },
  cancel: { type: 'cancel', by: dev },
  remind: { type: 'remind', by: dev },
  escalate: { type: 'escalate', people: [] },
  expire: { type: 'expire' },
  lapse: { type: 'lapse' },
  requester_left: { type: 'requester_left' },
};

const FROM_PENDING: Record<RequestCommand['type'], RequestStatus | 'refused'> = {
  approve_by_policy: 'refused',
  approve: 'approved',
  deny: 'denied',
  edit: 'pending',
  deny_by_policy: 'denied',
  cancel: 'cancelled',
  remind: 'pending',
  escalate: 'pending',
  expire: 'expired',
  lapse: 'expired',
  requester_left: 'cancelled',
};

const tried = (request: AccessRequest, command: RequestCommand, seconds = 9 * 3600) =>
  transitionRequest(request, command, later(seconds));

describe('every state and every command', () => {
  for (const [type, target] of Object.entries(FROM_PENDING) as [RequestCommand['type'], RequestStatus | 'refused'][]) {
    it(`pending × ${type} -> ${target}`, () => {
      const step = tried(aRequest(), COMMANDS[type]);
      expect(step.ok ? step.state.status : 'refused').toBe(target);
    });
    for (const status of ['refused', 'approved', 'denied', 'cancelled', 'expired'] as const) {
      it(`${status} × ${type} -> refused, naming who closed it`, () => {
        expect(tried(aRequest({ status, closedBy: sec }), COMMANDS[type])).toEqual({
          ok: false,
          refusal: { code: 'request_not_pending', status, by: sec },
        });
      });
    }
  }
});

describe('a request', () => {
  it('without stages is approved by the policy alone', () => {
    const step = tried(submission([]).state, { type: 'approve_by_policy' });
    expect(step.ok && step.state.status).toBe('approved');
  });

  it('schedules its card and its deadline when it is born', () => {
    const { state, effects } = submission([aStage(1, 'dba')]);
    expect(effects.map((each) => each.effect.kind)).toEqual([
      'render_card',
      'expire_request',
      'remind_approvers',
      'escalate_request',
      'notify_person',
    ]);
    expect(effects).toContainEqual({
      change: 'schedule',
      effect: { kind: 'expire_request', requestId: state.id },
      dueAt: state.expiresAt,
    });
  });

  it('does not expire before its deadline', () => {
    const step = tried(aRequest(), { type: 'expire' }, 60);
    expect(step.ok && step.state.status).toBe('pending');
  });

  it('is cancelled by nobody but its requester', () => {
    expect(tried(aRequest(), { type: 'cancel', by: dba })).toEqual({
      ok: false,
      refusal: { code: 'not_the_requester' },
    });
  });
});

describe('an approval', () => {
  const two = (): AccessRequest => aRequest({ stages: [aStage(1, 'dba'), aStage(1, 'security')] });
  const both = [voters('dba', dba, dba2), voters('security', sec, dba)];

  it('of the first stage leaves the request waiting for the second', () => {
    const step = tried(two(), approveBy(dba, ...both));
    expect(step.ok && step.state.status).toBe('pending');
    expect(step.ok && step.events.map((each) => each.kind)).toEqual(['decision.approved']);
  });

  it('by one person never fills two places', () => {
    const first = tried(two(), approveBy(dba, ...both));
    const second = first.ok ? tried(first.state, approveBy(dba, ...both)) : first;
    expect(second).toEqual({ ok: false, refusal: { code: 'already_counted' } });
  });

  it('of the last stage approves, and tells who did', () => {
    const first = tried(two(), approveBy(dba, ...both));
    const second = first.ok ? tried(first.state, approveBy(sec, ...both)) : first;
    expect(second.ok && second.state.status).toBe('approved');
    expect(second.ok && second.events.at(-1)).toMatchObject({
      kind: 'request.approved',
      data: { approvers: ['dba@example.com', 'sec@example.com'] },
    });
  });

  it('no longer counts when its giver has left the group', () => {
    const first = tried(two(), approveBy(dba, ...both));
    const left = [voters('dba', dba2), voters('security', sec)];
    const second = first.ok ? tried(first.state, approveBy(sec, ...left)) : first;
    expect(second.ok === false && second.refusal.code).toBe('not_an_approver');
  });

  it('of one’s own request is refused, whatever group one is in', () => {
    expect(tried(aRequest(), approveBy(dev, voters('dba', dev)))).toEqual({
      ok: false,
      refusal: { code: 'own_request' },
    });
  });

  it('names what could not be looked up, when that may be why', () => {
    const down: StageVoters = { voters: new Map(), unavailable: [SILENT] };
    expect(tried(aRequest(), approveBy(dba, down))).toEqual({
      ok: false,
      refusal: { code: 'not_an_approver', from: ['dba'], unavailable: SILENT },
    });
  });

  it('of another revision than the present one is refused', () => {
    const step = tried(aRequest({ revision: 2 }), approveBy(dba, voters('dba', dba)));
    expect(step).toEqual({ ok: false, refusal: { code: 'request_changed', revision: 2 } });
  });
});

describe('a denial', () => {
  it('needs a reason', () => {
    expect(tried(aRequest(), { ...COMMANDS.deny, reason: '  ' })).toEqual({
      ok: false,
      refusal: { code: 'deny_reason_missing' },
    });
  });

  it('is open to one who approved before', () => {
    const first = tried(aRequest({ stages: [aStage(2, 'dba')] }), approveBy(dba, voters('dba', dba, dba2)));
    const step = first.ok ? tried(first.state, COMMANDS.deny) : first;
    expect(step.ok && step.state.status).toBe('denied');
  });

  it('by somebody with no right to it is refused', () => {
    const step = tried(aRequest(), { ...COMMANDS.deny, seat: null });
    expect(step.ok === false && step.refusal.code).toBe('not_an_approver');
  });
});

describe('counting', () => {
  const people = [dev, dba, dba2, sec];
  const stages = fc.array(
    fc.record({ approvals: fc.integer({ min: 1, max: 3 }), from: fc.subarray(['a', 'b', 'c'], { minLength: 1 }) }),
    { minLength: 1, maxLength: 3 },
  );
  const clicks = fc.array(fc.constantFrom(...people), { maxLength: 30 });

  it('never lets one person fill two places, nor an incomplete quorum pass', () => {
    fc.assert(
      fc.property(stages, clicks, (some, clickers) => {
        const asked: Stage[] = some.map((each) => aStage(each.approvals, ...each.from));
        const everybody = asked.map(() => voters('a', ...people));
        let request = aRequest({ stages: asked });
        for (const by of clickers) {
          const step = tried(request, approveBy(by, ...everybody));
          if (step.ok) request = step.state;
        }
        const counted = progress(request, everybody);
        const givers = counted.flatMap((stage) => stage.counted.map((decision) => decision.by.slackUserId));
        expect(new Set(givers).size).toBe(givers.length);
        expect(givers).not.toContain(dev.slackUserId);
        if (request.status === 'approved') expect(currentStage(counted)).toBeNull();
        else expect(currentStage(counted)).not.toBeNull();
      }),
    );
  });
});

describe('reminders', () => {
  const nudge = { type: 'remind', by: dev } as const;

  it('come no sooner than a quarter of an hour after the last, and as many as the role says', () => {
    let request = aRequest();
    const max = request.role.remindersMax;
    const early = transitionRequest(request, nudge, later(REMINDER_PAUSE_SECONDS - 1));
    expect(early).toEqual({
      ok: false,
      refusal: { code: 'reminded_just_now', againAt: later(REMINDER_PAUSE_SECONDS) },
    });
    for (let count = 1; count <= max; count += 1) {
      const step = transitionRequest(request, nudge, later(count * REMINDER_PAUSE_SECONDS));
      if (!step.ok) throw new Error(step.refusal.code);
      request = step.state;
    }
    expect(transitionRequest(request, nudge, later(20_000))).toEqual({
      ok: false,
      refusal: { code: 'reminders_used_up', max },
    });
  });

  it('are the requester’s alone to ask for', () => {
    const step = transitionRequest(aRequest(), { type: 'remind', by: dba }, later(3_600));
    expect(step.ok ? null : step.refusal.code).toBe('not_the_requester');
  });
});
