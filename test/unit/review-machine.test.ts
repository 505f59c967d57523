import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccessRequest } from '../../src/domain/request.ts';
import { transitionRequest } from '../../src/domain/request.ts';
import { type ReviewCommand, transitionReview } from '../../src/domain/review.ts';
import { aRequest, dba, dev, later, sec, T0 } from '../support/domain.ts';

const DAY = 86_400;
const use = {
  reviewWithinSeconds: DAY,
  reviewers: ['security'],
  told: [],
  review: null,
};

/** Break-glass that has just become an approved request. */
function used(): AccessRequest {
  const step = transitionRequest(aRequest({ stages: [], breakGlass: use }), { type: 'approve_by_policy' }, T0);
  if (!step.ok) throw new Error(step.refusal.code);
  return step.state;
}

const justified: Extract<ReviewCommand, { type: 'close' }> = {
  type: 'close',
  unavailable: null,
  verdict: 'justified',
  by: sec,
  comment: 'it was down',
  seat: { via: 'security', onBehalfOf: [] },
};
const after = (request: AccessRequest, command: ReviewCommand, seconds = 60): AccessRequest => {
  const step = transitionReview(request, command, later(seconds));
  if (!step.ok) throw new Error(step.refusal.code);
  return step.state;
};

describe('a use of break-glass', () => {
  it('starts its review, and tells everybody concerned in the same step', () => {
    const step = transitionRequest(aRequest({ stages: [], breakGlass: use }), { type: 'approve_by_policy' }, T0);
    if (!step.ok) throw new Error('refused');
    expect(step.state.breakGlass?.review).toMatchObject({ status: 'due', dueAt: later(DAY), reminders: 0 });
    const scheduled = step.effects.map((each) => each.effect);
    expect(scheduled).toContainEqual({ kind: 'alert_break_glass', requestId: step.state.id });
    expect(scheduled).toContainEqual({ kind: 'tell_break_glass', requestId: step.state.id });
    expect(step.effects).toContainEqual({
      change: 'schedule',
      effect: { kind: 'remind_review', requestId: step.state.id },
      dueAt: later(DAY / 2),
    });
  });

  it('has no review before it is live, nor has any other request', () => {
    for (const request of [aRequest(), aRequest({ breakGlass: use })]) {
      expect(transitionReview(request, justified, T0)).toEqual({ ok: false, refusal: { code: 'nothing_to_review' } });
    }
  });
});

describe('every state and every command', () => {
  const commands: readonly ReviewCommand[] = [
    justified,
    { ...justified, verdict: 'unjustified' },
    { type: 'remind' },
    { type: 'tell', to: [dba.slackUserId] },
  ];

  it('due × close in the place of somebody else -> both in the audit; the requester is passed over', () => {
    const step = transitionReview(
      used(),
      { ...justified, seat: { via: 'security', onBehalfOf: [dev, dba] } },
      later(60),
    );
    expect(step.ok && step.events).toMatchObject([{ data: { via: 'security', for: { id: dba.slackUserId } } }]);
  });

  it('due × tell -> each once, and never the requester', () => {
    const people = [dba.slackUserId, sec.slackUserId, dba.slackUserId, dev.slackUserId];
    const toldBy = (request: AccessRequest, to: typeof people) => {
      const step = transitionReview(request, { type: 'tell', to }, later(60));
      if (!step.ok) throw new Error(step.refusal.code);
      const effects = step.effects.flatMap(({ effect }) => (effect.kind === 'notify_person' ? [effect.to] : []));
      return { state: step.state, effects };
    };
    const first = toldBy(used(), [dba.slackUserId]);
    expect(first.effects).toEqual([dba.slackUserId]);
    const second = toldBy(first.state, people);
    expect(second.effects).toEqual([sec.slackUserId]);
    expect(toldBy(second.state, people)).toEqual({ state: second.state, effects: [] });
  });

  it('due × close -> the verdict, and no further reminder', () => {
    for (const verdict of ['justified', 'unjustified'] as const) {
      const step = transitionReview(used(), { ...justified, verdict }, later(60));
      expect(step.ok && step.state.breakGlass?.review).toMatchObject({
        status: verdict,
        by: sec,
        comment: 'it was down',
      });
      expect(step.ok && step.effects).toContainEqual({
        change: 'cancel',
        effect: { kind: 'remind_review', requestId: used().id },
      });
    }
  });

  it.each([
    ['own_review', { ...justified, by: dev }],
    ['not_a_reviewer', { ...justified, seat: null }],
    ['delegated_by_requester', { ...justified, seat: { via: 'security', onBehalfOf: [dev] } }],
    ['review_comment_missing', { ...justified, comment: ' ' }],
  ])('due × close -> refused: %s', (code, command) => {
    const step = transitionReview(used(), command, later(60));
    expect(step.ok ? null : step.refusal.code).toBe(code);
  });

  it('closed × anything -> refused, naming who closed it', () => {
    const closed = after(used(), justified);
    for (const command of commands) {
      expect(transitionReview(closed, command, later(120))).toEqual({
        ok: false,
        refusal: { code: 'reviewed_already', verdict: 'justified', by: sec },
      });
    }
  });

  it('a review that is due always has its next reminder, and the security channel hears of it once it is overdue', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: DAY }), { minLength: 1, maxLength: 12 }), (pauses) => {
        let request = used();
        let at = 0;
        for (const pause of pauses) {
          at += pause;
          const step = transitionReview(request, { type: 'remind' }, later(at));
          if (!step.ok) throw new Error(step.refusal.code);
          request = step.state;
          const next = step.effects.find((each) => each.effect.kind === 'remind_review');
          expect(next?.change === 'schedule' && next.dueAt > later(at)).toBe(true);
          const loud = step.effects.some((each) => each.effect.kind === 'alert_break_glass');
          expect(loud).toBe(at >= DAY);
        }
        expect(request.breakGlass?.review?.reminders).toBe(pauses.length);
      }),
    );
  });
});
