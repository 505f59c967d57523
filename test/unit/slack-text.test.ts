import { describe, expect, it } from '@jest/globals';
import type { AuditEvent, AuditFact } from '../../src/domain/audit.ts';
import { CHAIN_START, chain } from '../../src/domain/audit.ts';
import type { NoticeName } from '../../src/domain/effect.ts';
import { createGrant } from '../../src/domain/grant.ts';
import { grantId, workspaceId } from '../../src/domain/ids.ts';
import { byPerson } from '../../src/domain/person.ts';
import type { LookupFailure } from '../../src/domain/policy/lookup.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import { asPlain } from '../../src/slack/blocks.ts';
import { en } from '../../src/slack/text/en.ts';
import { duration } from '../../src/slack/text/en-words.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import { aRequest, dba, later, sec, T0 } from '../support/domain.ts';
import { refusals } from '../support/refusals.ts';

describe('a refusal', () => {
  it.each(Object.values(refusals).map((refusal) => [refusal.code, refusal] as const))('%s is a sentence', (_, no) => {
    const sentence = en.refusal(no);
    expect(sentence).toMatch(/^[A-Z0-9].{25,}/);
    // It stands in a field's error as well, where markup would be shown as it is.
    expect(asPlain(sentence)).not.toMatch(/[<>*`]|undefined|null|\[object|!/);
  });

  it('names what is allowed, who decides, and what to do', () => {
    expect(en.refusal(refusals.duration_too_long)).toContain('4 hours at most');
    expect(en.refusal(refusals.not_an_approver)).toContain('dba or security');
    expect(en.refusal(refusals.stage_cannot_be_filled)).toContain('2 people short');
    expect(en.refusal(refusals.request_not_pending)).toContain('by Dba');
  });

  it.each<[string, LookupFailure, boolean]>([
    ['what passes', { kind: 'unanswered', group: 'dba', detail: 'Slack is slow', lasting: false }, true],
    ['what lasts', { kind: 'unanswered', group: 'dba', detail: 'Slack has no such group', lasting: true }, false],
    ['no manager', { kind: 'no_manager' }, false],
    ['no group', { kind: 'no_group', group: 'dba' }, false],
  ])('says to try again only where that may help: %s', (_, unavailable, again) => {
    const codes = [
      'stage_cannot_be_filled',
      'not_an_approver',
      'may_not_hand_over',
      'not_a_reviewer',
      'may_not_look',
      'may_not_decide_drift',
      'may_not_revoke',
    ] as const;
    for (const code of codes) {
      const sentence = en.refusal({ ...refusals[code], unavailable } as Refusal);
      expect([code, /try again in a minute/i.test(sentence)]).toEqual([code, again]);
      expect(sentence).toContain(again ? 'tell whoever runs Elevate' : 'whoever maintains the policy');
    }
  });
});

const request = aRequest();
const grant = createGrant(grantId('grt_0000000000000001'), request, {}, T0).state;
const view: RequestView = {
  request,
  grant,
  approvers: [dba.slackUserId],
  deciders: [],
  voters: null,
  extensionSeconds: null,
  unsure: false,
  now: T0,
};

const event = (fact: AuditFact): AuditEvent => {
  const fresh = { ...fact, at: T0, actor: byPerson(dba), requestId: request.id, grantId: grant.id };
  const [first] = chain(workspaceId('T0TEAM'), { sequence: 0, hash: CHAIN_START }, [fresh]);
  if (!first) throw new Error('There is no event');
  return first;
};

const iso = later(3_600).toISOString();
const told: readonly (readonly [AuditFact, RegExp])[] = [
  [
    {
      kind: 'request.submitted',
      data: {
        role: 'orders-db/admin',
        durationSeconds: 3_600,
        reason: 'why',
        ticket: 'INC-1',
        policyVersion: 'f',
        rule: 'r',
        outcome: 'require',
      },
    },
    /<@U0DBA> asked for Orders DB administrator .* for 1 hour, ticket INC-1\. Rule “r” asks for approval/,
  ],
  [{ kind: 'decision.approved', data: { stage: 0, via: 'dba' } }, /<@U0DBA> approved it for stage 1, as dba/],
  [{ kind: 'request.approved', data: { rule: 'r', approvers: ['a@example.com'] } }, /Counted: a@example\.com/],
  [{ kind: 'request.approved', data: { rule: 'r', approvers: [] } }, /by rule “r”, without asking anybody/],
  [{ kind: 'request.denied', data: { reason: '<!here>', rule: null } }, /denied it: &lt;!here&gt;/],
  [{ kind: 'request.denied', data: { reason: 'frozen', rule: 'freeze' } }, /The policy denied it \(“freeze”\)/],
  [{ kind: 'request.cancelled', data: {} }, /cancelled/],
  [{ kind: 'request.expired', data: { deadline: iso } }, /nobody decided in time/],
  [
    { kind: 'request.escalated', data: { stage: 0, to: ['security', 'on-call'], expiresAt: iso } },
    /Nobody decided in time, so security or on-call may decide too; it closes by itself <!date/,
  ],
  [{ kind: 'request.reminded', data: { expiresAt: iso } }, /asks to look at it.*<!date/],
  [{ kind: 'review.reminded', data: { dueAt: iso, overdue: true } }, /review is overdue, it was due <!date/],
  [
    { kind: 'review.closed', data: { verdict: 'unjustified', comment: '<!here>', via: 'security' } },
    /as security: not justified\. &lt;!here&gt;/,
  ],
  [{ kind: 'request.lapsed', data: { grant: 'grt_1' } }, /ended before anybody decided/],
  [{ kind: 'request.requester_left', data: {} }, /<@U0DEV> was deactivated, so nobody has to decide/],
  [{ kind: 'grant.created', data: { mustEndBy: iso, durationSeconds: 60, startsAt: iso } }, /^It starts <!date\^/],
  [
    { kind: 'grant.created', data: { mustEndBy: iso, durationSeconds: 60, startBy: iso } },
    /^<@U0DEV> may start it until <!date\^/,
  ],
  [{ kind: 'grant.started', data: { mustEndBy: iso, durationSeconds: 60 } }, /<@U0DBA> started it/],
  [
    { kind: 'grant.start_capped', data: { capSeconds: 900, rule: '<!here>', startBy: iso } },
    /“&lt;!here&gt;” allows 15 minutes at most by now\. <@U0DEV> may start it/,
  ],
  [{ kind: 'grant.never_started', data: { because: 'not_started', reason: null } }, /Nobody started it in time/],
  [{ kind: 'grant.never_started', data: { because: 'returned', reason: null } }, /cancelled it before it started/],
  [
    { kind: 'grant.never_started', data: { because: 'policy_denied', reason: '<!here>' } },
    /no longer allows it\. Nothing was set up\. Reason: &lt;!here&gt;/,
  ],
  [{ kind: 'grant.unused_warned', data: { endsAt: iso } }, /Nobody seems to use it\. It ends <!date/],
  [{ kind: 'grant.kept', data: {} }, /<@U0DBA> uses it/],
  [{ kind: 'grant.extended', data: { endsAt: iso, seconds: 1_800, by: 'req_2' } }, /by 30 minutes \(req_2\).*<!date\^/],
  [{ kind: 'grant.provisioning_retried', data: { error: 'down', attempt: 1 } }, /tried again: down/],
  [{ kind: 'grant.provisioning_failed', data: { error: 'down' } }, /could not be set up.*The target said: down/],
  [
    { kind: 'grant.activated', data: { endsAt: iso, answer: 'GRANT ROLE', heldBefore: false } },
    /read back on the target.*<!date\^/,
  ],
  [{ kind: 'grant.expiry_announced', data: { endsAt: iso } }, /ends soon/],
  [{ kind: 'grant.revocation_started', data: { because: 'expired', reason: null } }, /time is over/],
  [{ kind: 'grant.revocation_started', data: { because: 'revoked', reason: 'lost' } }, /revoked it.*Reason: lost/],
  [{ kind: 'grant.revocation_failed', data: { error: 'down', errorKind: 'transient', attempt: 2 } }, /attempt 2/],
  [{ kind: 'grant.sessions_ended', data: { sessions: 1, at: iso } }, /1 open session that used it was ended/],
  [{ kind: 'grant.sessions_ended', data: { sessions: 0, at: iso } }, /No session was open/],
  [
    {
      kind: 'grant.ended',
      data: {
        because: 'expired',
        answer: 'REVOKE ROLE',
        keptFor: null,
        called: true,
        stillGivenBy: [],
        restored: true,
        lateSeconds: 90,
      },
    },
    /read back as gone\. What they had before was put back\. That was 1 minute 30 seconds late/,
  ],
  [
    {
      kind: 'grant.ended',
      data: {
        because: 'expired',
        answer: 'kept',
        keptFor: 'grt_2',
        called: true,
        stillGivenBy: [],
        restored: false,
        lateSeconds: 0,
      },
    },
    /stays, because another grant \(grt_2\)/,
  ],
  [
    {
      kind: 'grant.ended',
      data: {
        because: 'provisioning_failed',
        answer: 'The target was never called',
        keptFor: null,
        called: false,
        stillGivenBy: [],
        restored: false,
        lateSeconds: 0,
      },
    },
    /^Ended\. Nothing was ever changed on the target for it/,
  ],
];

describe('a line of the thread', () => {
  it.each(told.map(([fact, expected]) => [fact.kind, fact, expected] as const))('%s', (_, fact, expected) => {
    expect(en.threadLine(event(fact), view)).toMatch(expected);
  });

  it.each([
    { kind: 'grant.created', data: { mustEndBy: iso, durationSeconds: 1 } },
    { kind: 'decision.denied', data: { via: 'dba', reason: 'no' } },
    { kind: 'decision.refused', data: { code: 'own_request' } },
    { kind: 'grant.revocation_started', data: { because: 'provisioning_failed', reason: 'x' } },
  ] satisfies AuditFact[])('$kind has none, because another one tells it', (fact) => {
    expect(en.threadLine(event(fact), view)).toBeNull();
  });

  it('of an approval mentions whom the next stage waits for, while it does', () => {
    const decision = {
      kind: 'approved',
      by: dba,
      onBehalfOf: null,
      at: T0,
      revision: 1,
      stage: 0,
      via: 'dba',
      reason: null,
    } as const;
    const approval = event({ kind: 'decision.approved', data: { stage: 0, via: 'dba' } });
    const waits = { ...view, request: aRequest({ decisions: [decision] }), approvers: [sec.slackUserId] };
    expect(en.threadLine(approval, waits)).toContain('It now waits for <@U0SEC>.');
    const closed = aRequest({ decisions: [decision], status: 'expired' });
    expect(en.threadLine(approval, { ...waits, request: closed })).not.toContain('waits');
    const moved = aRequest({ decisions: [decision, { ...decision, at: later(5) }] });
    expect(en.threadLine(approval, { ...waits, request: moved })).not.toContain('waits');
  });

  it('begins with its number and a moment that is still clear in a year', () => {
    expect(en.lineStart(3, T0)).toBe('3 · <!date^1772452800^{date_short} {time_secs}|2026-03-02 12:00:00 UTC> · ');
  });
});

describe('a notice', () => {
  const notices: Record<NoticeName, RegExp> = {
    request_submitted: /1 person can approve it/,
    request_escalated: /You may decide now: the policy asks/,
    request_approved: /approved by rule “rule one”/,
    request_denied: /denied by the policy\. No reason was given\./,
    break_glass_used: /used break-glass for \*Orders DB administrator\*/,
    review_closed: /was reviewed/,
    review_overdue: /A review is overdue/,
    request_expired: /has expired\. Ask again/,
    request_edited: /<@U0DBA> changed your request for Orders DB administrator: 1 hour became 30 minutes/,
    request_cancelled: /You cancelled/,
    start_shorter: /allows 15 minutes at most by now/,
    access_not_started: /did not start: its time was over/,
    access_unused: /Nobody seems to use your access/,
    access_live: /You now have \*Orders DB administrator\*/,
    access_failed: /could not be set up/,
    access_ending: /ends soon/,
    access_ended: /has ended: its time was over/,
    access_reappeared: /which is over, is there on the target/,
    access_removed: /do not put it back/,
    revocation_failing: /could not be removed yet/,
  };
  const capped = { ...view, grant: { ...grant, offeredSeconds: 900, endedBecause: 'expired' as const } };
  it.each(Object.keys(notices))('%s', (name) => {
    const key = name as NoticeName;
    const asked = { role: request.role.key, title: request.role.title, durationSeconds: 3_600 };
    const edit = { by: dba, onBehalfOf: null, at: T0, before: asked, after: { ...asked, durationSeconds: 1_800 } };
    expect(en.notice(key, { ...capped, request: { ...request, edits: [edit] } })).toMatch(notices[key]);
  });
});

describe('a duration in words', () => {
  it.each([
    [0, '0 seconds'],
    [1, '1 second'],
    [5_400, '1 hour 30 minutes'],
    [90_061, '1 day 1 hour 1 minute 1 second'],
  ])('%i', (seconds, expected) => expect(duration(seconds)).toBe(expected));
});
