import { requestId, roleKey, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { PersonRef } from '../../src/domain/person.ts';
import type { Stage } from '../../src/domain/policy/types.ts';
import { type AccessRequest, submit } from '../../src/domain/request.ts';

export const T0 = new Date('2026-03-02T12:00:00.000Z');
export const later = (seconds: number): Date => new Date(T0.getTime() + seconds * 1000);

const person = (id: string, name: string): PersonRef => ({
  slackUserId: slackUserId(id),
  email: `${name.toLowerCase()}@example.com`,
  name,
});

export const dev = person('U0DEV', 'Dev');
export const dba = person('U0DBA', 'Dba');
export const dba2 = person('U0DBA2', 'Dba2');
export const sec = person('U0SEC', 'Sec');

export const aStage = (approvals: number, ...from: string[]): Stage => ({
  approvals,
  from,
  selfAllowed: false,
  wait: null,
  fallback: null,
  addedBy: { kind: 'rule', name: 'rule one' },
});

/** A pending request for an hour of orders-db/admin, as the submission makes it; `parts` replace what a test is about. */
export function aRequest(parts: Partial<AccessRequest> = {}): AccessRequest {
  return { ...submission(parts.stages ?? [aStage(1, 'dba')]).state, ...parts };
}

export function submission(stages: readonly Stage[]): ReturnType<typeof submit> {
  return submit({
    id: requestId('req_0000000000000001'),
    workspaceId: workspaceId('T0TEAM'),
    origin: 'view/V1',
    requester: dev,
    role: {
      key: roleKey('orders-db/admin'),
      title: 'Orders DB administrator',
      resource: 'orders-db',
      environment: 'production',
      risk: 'high',
      instructions: null,
      auditChannel: null,
      unreached: [],
      channel: '#access',
      owners: ['dba'],
      connector: 'orders-pg',
      connectorType: 'postgres',
      entitlement: { role: 'orders_admin' },
      subject: 'dev',
      endSessions: true,
      provisioningWindowSeconds: 600,
      startWithinSeconds: null,
      unusedAfterSeconds: null,
      remindersMax: 3,
    },
    durationSeconds: 3600,
    startsAt: null,
    endsBy: null,
    reason: 'fixing stuck orders',
    ticket: 'INC-42',
    about: null,
    extension: null,
    breakGlass: null,
    policyVersion: 'f'.repeat(64),
    policyDecision: {
      outcome: stages.length > 0 ? 'require' : 'approve',
      rule: { name: 'rule one', kind: 'rule', index: 0, location: null },
      message: null,
      stages,
      capSeconds: null,
      cappedBy: null,
      trace: [],
    },
    facts: {
      at: T0.toISOString(),
      requester: { id: 'U0DEV', email: 'dev@example.com', name: 'Dev', groups: {}, manager: null, timezone: 'UTC' },
      request: {
        durationSeconds: 3600,
        ticket: 'INC-42',
        reason: 'fixing stuck orders',
        extension: false,
        breakGlass: false,
        channel: null,
      },
      time: { hour: 12, minute: 0, weekday: 'monday', date: '2026-03-02', businessHours: true },
      history: { activeGrants: 0, activeRoles: [], grantsToday: 0, minutesSinceLast: null },
      provided: {},
    },
    stages,
    createdAt: T0,
    expiresAt: later(8 * 3600),
  });
}
