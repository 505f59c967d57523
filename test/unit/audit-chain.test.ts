import { describe, expect, it } from '@jest/globals';
import { type AuditEvent, CHAIN_START, chain, type NewAuditEvent, verifyChain } from '../../src/domain/audit.ts';
import { requestId, workspaceId } from '../../src/domain/ids.ts';
import { byPerson } from '../../src/domain/person.ts';
import { dba, later } from '../support/domain.ts';

const event = (seconds: number, reason: string): NewAuditEvent => ({
  kind: 'request.denied',
  data: { reason, rule: null },
  at: later(seconds),
  actor: byPerson(dba),
  requestId: requestId('req_0000000000000001'),
  grantId: null,
});

const start = { sequence: 0, hash: CHAIN_START };
const three = (): AuditEvent[] =>
  chain(workspaceId('T0'), start, [event(1, 'one'), event(2, 'two'), event(3, 'three')]);
const change = (events: AuditEvent[], index: number, parts: Partial<NewAuditEvent>): AuditEvent[] =>
  events.map((each, at) => (at === index ? ({ ...each, ...parts } as AuditEvent) : each));

describe('the audit chain', () => {
  it('holds as it was written, whole or from a trusted point on', () => {
    const events = three();
    expect(verifyChain(events)).toBeNull();
    const [first, ...rest] = events;
    expect(first && verifyChain(rest, first)).toBeNull();
  });

  it('survives being stored as JSON and read back', () => {
    const stored = JSON.parse(JSON.stringify(three())) as (AuditEvent & { at: string })[];
    expect(verifyChain(stored.map((each) => ({ ...each, at: new Date(each.at) }) as AuditEvent))).toBeNull();
  });

  it('names the event whose words, time or author were changed', () => {
    expect(
      verifyChain(change(three(), 1, { data: { reason: 'other', rule: null } } as Partial<NewAuditEvent>)),
    ).toEqual({ sequence: 2, fault: 'changed' });
    expect(verifyChain(change(three(), 2, { at: later(99) }))).toEqual({ sequence: 3, fault: 'changed' });
    expect(verifyChain(change(three(), 0, { actor: { type: 'system', what: 'worker' } }))).toEqual({
      sequence: 1,
      fault: 'changed',
    });
  });

  it('names the place where an event is missing', () => {
    expect(verifyChain(three().filter((_, index) => index !== 1))).toEqual({ sequence: 2, fault: 'missing' });
  });

  it('notices an event that was replaced together with its own hash', () => {
    const events = three();
    const forged = chain(workspaceId('T0'), start, [event(1, 'forged')]);
    expect(verifyChain([...forged, ...events.slice(1)])).toEqual({ sequence: 2, fault: 'relinked' });
  });
});
