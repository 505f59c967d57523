import { describe, expect, it } from '@jest/globals';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId, slackUserId } from '../../src/domain/ids.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import { validateMessage, validateUpdate } from '../../src/sandbox/blockkit/validate.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { objects } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/slack/blocks.ts';
import { readDecision } from '../../src/slack/button-value.ts';
import { alertMessage } from '../../src/slack/cards/alert.ts';
import { requestCard } from '../../src/slack/cards/card.ts';
import { noticeMessage } from '../../src/slack/cards/notice.ts';
import { en } from '../../src/slack/text/en.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import { aRequest, aStage, dba, dba2, later, sec, T0 } from '../support/domain.ts';

const view = (parts: Partial<RequestView> = {}): RequestView => ({
  request: aRequest(),
  grant: null,
  approvers: [dba.slackUserId, dba2.slackUserId],
  deciders: [dba, dba2].map(({ slackUserId: user }) => ({ user, via: 'dba', onBehalfOf: null })),
  voters: null,
  extensionSeconds: null,
  unsure: false,
  now: T0,
  ...parts,
});

const grantOf = (request: AccessRequest, parts: Partial<Grant> = {}): Grant => ({
  ...createGrant(grantId('grt_0000000000000001'), request, {}, later(60)).state,
  ...parts,
});

const words = (message: Message): string => `${message.text}\n${textOf(objects(message.blocks))}`;
const buttons = (message: Message) => interactive(objects(message.blocks)).map(({ element }) => element);
/** Everything that Slack reads for markup: an accessibility_label is spoken as it stands, and is no text object. */
const markupOf = (message: Message): string =>
  JSON.stringify(message.blocks, (key, value: unknown) => (key === 'accessibility_label' ? undefined : value));

const approved = (): AccessRequest =>
  aRequest({
    status: 'approved',
    closedAt: later(60),
    closedBy: dba,
    decisions: [
      { kind: 'approved', by: dba, onBehalfOf: null, at: later(60), revision: 1, stage: 0, via: 'dba', reason: null },
    ],
  });

describe('a card that waits', () => {
  const card = requestCard(view(), en);

  it('says who asks for what, where, how risky, how long, why, by which rule and who may decide', () => {
    const said = words(card);
    for (const each of [
      '<@U0DEV>',
      'Orders DB administrator',
      'orders-db/admin',
      'production',
      '▲ High risk',
      '1 hour',
      'fixing stuck orders',
      'INC-42',
      'rule one',
      '1 approval from dba',
      '<@U0DBA>, <@U0DBA2>',
      'Waiting',
    ]) {
      expect(said).toContain(each);
    }
    expect(said).toContain(`<!date^${later(8 * 3_600).getTime() / 1000}^`);
  });

  it('leads its spoken text with the ask', () => {
    expect(card.text).toMatch(
      /^Dev asks for Orders DB administrator on orders-db \(production, ▲ high risk\) for 1 hour/,
    );
  });

  it('has three buttons that say aloud what they do and carry the request and its revision', () => {
    expect(buttons(card).map((each) => each.accessibility_label)).toEqual([
      'Approve Orders DB administrator for Dev',
      'Shorten Orders DB administrator for Dev, or make it a narrower role',
      'Deny Orders DB administrator for Dev, with a reason',
    ]);
    expect(buttons(card).map((each) => readDecision(String(each.value)))).toEqual([
      { requestId: 'req_0000000000000001', revision: 1 },
      { requestId: 'req_0000000000000001', revision: 1 },
      { requestId: 'req_0000000000000001', revision: 1 },
    ]);
  });

  it('asks twice before a high-risk approval, and only then', () => {
    expect(buttons(card)[0]).toMatchObject({ confirm: { style: 'danger' } });
    const request = aRequest();
    const low = requestCard(view({ request: { ...request, role: { ...request.role, risk: 'low' } } }), en);
    expect(buttons(low)[0]).not.toHaveProperty('confirm');
    expect(words(low)).toContain('○ Low risk');
  });

  it('mentions the first eight approvers and counts the rest', () => {
    const approvers = Array.from({ length: 100 }, (_, index) => slackUserId(`U${index}`));
    const deciders = approvers.map((user) => ({ user, via: 'dba', onBehalfOf: null }));
    const said = words(requestCard(view({ approvers, deciders }), en));
    expect(said.match(/<@U\d+>/g)).toHaveLength(8);
    expect(said).toContain('and 92 more');
  });

  it('says so when nobody may decide', () => {
    expect(words(requestCard(view({ approvers: [], deciders: [] }), en))).toContain('nobody who may decide');
  });

  it('shows which stage waits and what was given so far', () => {
    const request = aRequest({
      stages: [aStage(2, 'dba', 'manager'), aStage(1, 'security')],
      decisions: [
        { kind: 'approved', by: dba, onBehalfOf: null, at: later(60), revision: 1, stage: 0, via: 'dba', reason: null },
      ],
    });
    const said = words(requestCard(view({ request }), en));
    expect(said).toContain(
      '→ Stage 1: 2 approvals from dba or the requester’s manager. Approved so far by <@U0DBA> (dba)',
    );
    expect(said).toContain('Waits for 1 approval');
    expect(said).toContain('· Stage 2: 1 approval from security. Comes next.');
  });
});

describe('a card that is decided', () => {
  it('has no buttons in any state but the waiting one', () => {
    for (const status of ['approved', 'denied', 'cancelled', 'expired'] as const) {
      const request = aRequest({ status, closedAt: later(60), closedBy: dba, closedReason: 'no' });
      expect(buttons(requestCard(view({ request, approvers: [] }), en))).toEqual([]);
    }
  });

  it('tells who denied it and why', () => {
    const request = aRequest({ status: 'denied', closedAt: later(60), closedBy: sec, closedReason: 'Use the replica' });
    const said = words(requestCard(view({ request }), en));
    expect(said).toContain('*Denied* by <@U0SEC>');
    expect(said).toContain('Use the replica');
  });

  it('tells who approved it, since when it is live and until when', () => {
    const request = approved();
    const grant = grantOf(request, { status: 'active', activatedAt: later(70), endsAt: later(3_670) });
    const said = words(requestCard(view({ request, grant }), en));
    expect(said).toContain('✓ Stage 1: 1 approval from dba. Approved by <@U0DBA> (dba)');
    expect(said).toContain(`● *Live* since <!date^${later(70).getTime() / 1000}^`);
    expect(said).toContain(`until <!date^${later(3_670).getTime() / 1000}^`);
  });

  it('is loud, right under its title, when the access could not be removed', () => {
    const request = approved();
    const grant = grantOf(request, {
      status: 'revoking',
      endedBecause: 'expired',
      endDueAt: later(3_670),
      attempts: 3,
      lastError: 'could not connect',
    });
    const card = requestCard(view({ request, grant }), en);
    expect(textOf(objects(card.blocks.slice(1, 2)))).toMatch(
      /⚠ \*NOT REMOVED.*taking it away failed.*could not connect/s,
    );
    expect(card.text).toContain('NOT REMOVED');
  });

  it('tells an access that never came apart from one that ended', () => {
    const request = approved();
    const end = { status: 'ended', endedAt: later(700) } as const;
    const failed = grantOf(request, { ...end, endedBecause: 'provisioning_failed', endReason: 'no such role' });
    expect(words(requestCard(view({ request, grant: failed }), en))).toMatch(/could not be set up.*no such role/s);
    const ended = grantOf(request, { ...end, endedBecause: 'revoked', endRequestedBy: sec, endReason: 'Laptop lost' });
    const said = words(requestCard(view({ request, grant: ended }), en));
    expect(said).toContain('Sec revoked it');
    expect(said).toContain('Laptop lost');
  });
});

describe('what people wrote', () => {
  const evil = '<!channel> & <https://evil.example|Approved> <@U0SEC>';
  const request = aRequest({
    reason: evil,
    ticket: evil,
    requester: { ...aRequest().requester, name: evil },
    role: { ...aRequest().role, title: evil, instructions: evil },
    policyDecision: { ...aRequest().policyDecision, rule: { name: evil, kind: 'rule', index: 0, location: null } },
  });
  const grant = grantOf(request, { status: 'revoking', endDueAt: T0, attempts: 1, lastError: evil, endReason: evil });

  it.each([
    ['a waiting card', requestCard(view({ request }), en)],
    ['a loud card', requestCard(view({ request: { ...request, status: 'approved' }, grant }), en)],
    ['a denied card', requestCard(view({ request: { ...request, status: 'denied', closedReason: evil } }), en)],
    ['a notice', noticeMessage('access_live', view({ request, grant }), null, en)],
    [
      'an alert',
      alertMessage(
        view({ request, grant }),
        { repeat: 0, owners: ['dba'], people: [dba.slackUserId], escalated: [], next: null, ended: null },
        en,
      ),
    ],
  ])('stays text on %s', (_, message) => {
    const all = `${message.text}${markupOf(message)}`;
    expect(all).not.toContain('<!channel>');
    expect(all).not.toContain('<https://evil');
    expect(all).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|Approved&gt;');
    expect(validateMessage({ channel: 'C1', text: message.text, blocks: message.blocks })).toEqual([]);
  });
});

describe('at its largest', () => {
  const long = (length: number, of = 'x'): string => of.repeat(length);
  const stage = aStage(10, ...Array.from({ length: 20 }, (_, index) => `${long(70)}-${index}`));
  const people = Array.from({ length: 10 }, (_, index) => ({ ...dba, slackUserId: slackUserId(`UDECIDER${index}`) }));
  const largest = (reason: string): AccessRequest =>
    aRequest({
      reason,
      ticket: long(200, '&'),
      stages: Array.from({ length: 5 }, () => stage),
      decisions: people.map((by) => ({
        kind: 'approved',
        by,
        onBehalfOf: null,
        at: T0,
        revision: 1,
        stage: 0,
        via: long(80),
        reason: null,
      })),
      requester: { ...dba, name: long(80, '&') },
      role: { ...aRequest().role, title: long(80, '<'), resource: long(80), environment: long(80) },
      policyDecision: {
        ...aRequest().policyDecision,
        rule: { name: long(80, '&'), kind: 'rule', index: 0, location: null },
      },
    });
  const approvers = Array.from({ length: 100 }, (_, index) => slackUserId(`UAPPROVER${index}`));

  it.each([
    ['3,000 plain characters', long(3_000)],
    ['3,000 characters that all grow by escaping', long(3_000, '&')],
  ])('it fits into a message of Slack: %s', (_, reason) => {
    const request = largest(reason);
    const waiting = requestCard(view({ request, approvers }), en);
    const grant = grantOf(request, { status: 'revoking', endDueAt: T0, attempts: 999, lastError: long(9_000, '<') });
    const loud = requestCard(view({ request: { ...request, status: 'approved' }, grant, approvers }), en);
    const denied = requestCard(view({ request: { ...request, status: 'denied', closedReason: reason } }), en);
    for (const card of [waiting, loud, denied]) {
      expect(validateMessage({ channel: 'C1', text: card.text, blocks: card.blocks })).toEqual([]);
      expect(validateUpdate({ channel: 'C1', ts: '1.1', text: card.text, blocks: card.blocks })).toEqual([]);
    }
  });

  it('shows a whole reason of 3,000 characters', () => {
    const reason = `${long(2_999)}!`;
    expect(words(requestCard(view({ request: largest(reason) }), en))).toContain(reason);
  });
});

describe('a direct message', () => {
  it('brings instructions as plain text and the way to give it back', () => {
    const request = { ...approved(), role: { ...aRequest().role, instructions: 'psql "$URL" -c "a < b"' } };
    const grant = grantOf(request, { status: 'active', endsAt: later(3_670) });
    const message = noticeMessage('access_live', view({ request, grant }), null, en);
    expect(words(message)).toContain('psql "$URL" -c "a &lt; b"');
    expect(buttons(message).map((each) => each.action_id)).toEqual(['grant_return']);
  });

  it('offers to nudge and to cancel only while the request waits', () => {
    expect(buttons(noticeMessage('request_submitted', view(), null, en))).toHaveLength(2);
    expect(buttons(noticeMessage('request_submitted', view({ request: approved() }), null, en))).toEqual([]);
  });
});
