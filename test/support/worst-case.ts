import { type AuditEvent, type AuditFact, CHAIN_START, chain } from '../../src/domain/audit.ts';
import type { Delegation } from '../../src/domain/delegation.ts';
import type { Drift } from '../../src/domain/drift.ts';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId, requestId, roleKey, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import { byPerson } from '../../src/domain/person.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import type { RoleOffer } from '../../src/usecases/offer-roles.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import type { AlarmView, KnownSystem } from '../../src/usecases/watch-ports.ts';
import { aRequest, aStage, later, T0 } from './domain.ts';

/** What a hostile, an emotional and a right-to-left writer put into one text; all of it at every length. */
const HOSTILE =
  '<!channel> <@U0BOSS> <https://evil.example|Approved> & "quotes" \'*bold*\' `code` 🔥👩‍👩‍👧 \u202Eمرحبا بالعالم\u202C ';
const long = (length: number): string => HOSTILE.repeat(Math.ceil(length / HOSTILE.length)).slice(0, length);
/** The same, short enough that all of it fits into a name. */
const HOSTILE_NAME = '<!channel> & "q" \'*b*\' 🔥👩‍👩‍👧 \u202Eمرحبا\u202C ';
export const LONGEST_NAME = 80;
/** Exactly so many characters of it behind a start of one's own, no character cut in two, and no space at the end. */
export const longHostile = (length: number, start = ''): string =>
  `${start}${(length <= LONGEST_NAME ? HOSTILE_NAME : HOSTILE).repeat(length)}`
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$|\s$/u, 'x');
/** Every character of it becomes five when it is escaped. */
const growing = (length: number): string => '&'.repeat(length);
export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

export const LONGEST_KEY = roleKey(`${'r'.repeat(80)}/${'o'.repeat(80)}`);
export const PEOPLE = many(100, (index) => slackUserId(`U0PERSON${index}`));
const personOf = (words: (length: number) => string, index = 0) => ({
  slackUserId: PEOPLE[index] ?? slackUserId('U0'),
  email: `${'e'.repeat(300)}@example.com`,
  name: words(80),
});

/** Somebody's own words, so many characters of them. */
export type Words = (length: number) => string;
export const awayOf = (words: Words): Delegation => ({
  workspaceId: workspaceId('T0TEAM'),
  person: personOf(words),
  to: personOf(words, 1),
  since: T0,
  until: later(3_600),
  endedAt: null,
});
export const ALL_WORDS: readonly (readonly [string, Words])[] = [
  ['hostile', long],
  ['growing', growing],
];

function requestOf(words: Words, parts: Partial<AccessRequest> = {}): AccessRequest {
  const groups = many(20, (index) => `${index}${words(78)}`);
  const stages = many(5, () => ({
    ...aStage(10, ...groups),
    addedBy: { kind: 'guardrail' as const, name: words(80) },
  }));
  const base = aRequest({ stages });
  const decisions = many(50, (index) => ({
    kind: 'approved' as const,
    by: personOf(words, index),
    onBehalfOf: personOf(words, 50 + index),
    at: later(index),
    revision: 1,
    stage: Math.floor(index / 10),
    via: groups[0] ?? '',
    reason: null,
  }));
  return {
    ...base,
    requester: personOf(words, 99),
    role: {
      ...base.role,
      key: LONGEST_KEY,
      title: words(80),
      resource: words(80),
      environment: words(80),
      instructions: words(2_000),
      owners: groups,
      connector: words(80),
      subject: words(320),
    },
    reason: words(3_000),
    ticket: words(200),
    policyDecision: { ...base.policyDecision, rule: { ...base.policyDecision.rule, name: words(80) } },
    decisions: decisions.slice(0, 45),
    edits: many(10, (index) => ({
      by: personOf(words, index),
      onBehalfOf: personOf(words, 50),
      at: later(index),
      before: { role: LONGEST_KEY, title: words(80), durationSeconds: 30 * 86_400 - 1 },
      after: { role: roleKey('a/b'), title: words(80), durationSeconds: 30 * 86_400 - 61 },
    })),
    durationSeconds: 30 * 86_400 - 1,
    ...parts,
  };
}

export const escalation = (words: Words) => ({
  escalated: many(100, () => words(80)),
  next: { groups: many(20, () => words(80)), at: T0 },
  ended: null,
});
export const grantOf = (request: AccessRequest, words: Words, parts: Partial<Grant> = {}): Grant => ({
  ...createGrant(grantId('grt_0000000000000001'), request, {}, T0).state,
  holder: request.requester,
  endsAt: later(3_600),
  activatedAt: T0,
  endDueAt: later(3_600),
  endedAt: later(7_200),
  endReason: words(3_000),
  endRequestedBy: personOf(words),
  lastError: words(10_000),
  attempts: 1_000,
  ...parts,
});

/** A target that lets go of nothing, at its worst. */
export const alarmOf = (request: AccessRequest, words: Words): AlarmView => {
  const grants = many(5, (index) =>
    grantOf(request, words, { id: grantId(`grt_${index}`.padEnd(20, '0')), status: 'revoking', attempts: 99 }),
  );
  return {
    target: `T0123456789/${'f'.repeat(64)}`,
    connector: words(80),
    failing: {
      total: 100_000,
      permanent: 50_000,
      since: T0,
      lastTriedAt: T0,
      errors: many(3, () => ({ error: words(2_000), grants: 30_000 })),
      grants,
    },
    named: grants.map((grant) => ({ grant, request })),
    alert: { repeat: 99, owners: many(50, () => words(80)), people: PEOPLE, ...escalation(words) },
    now: T0,
  };
};

export function* views(words: Words): Generator<RequestView> {
  const deciders = PEOPLE.map((user) => ({ user, via: words(80), onBehalfOf: PEOPLE[0] ?? user }));
  const frame = {
    approvers: PEOPLE,
    deciders,
    voters: null,
    unsure: false,
    extensionSeconds: 30 * 86_400 - 1,
    now: later(100_000),
  };
  const closed = { closedAt: later(60), closedBy: personOf(words), closedReason: words(3_000) };
  for (const status of ['pending', 'approved', 'denied', 'cancelled', 'expired'] as const) {
    yield { ...frame, request: requestOf(words, { status, ...(status === 'pending' ? {} : closed) }), grant: null };
  }
  const extension = { grantId: grantId('grt_0000000000000001'), endsAt: later(3_600) };
  yield { ...frame, request: requestOf(words, { extension }), grant: null };
  for (const status of ['due', 'justified', 'unjustified'] as const) {
    const review = {
      status,
      dueAt: later(60),
      reminders: 50,
      by: personOf(words),
      at: later(90),
      comment: words(3_000),
    };
    const breakGlass = { reviewWithinSeconds: 60, reviewers: many(50, () => words(80)), told: PEOPLE, review };
    const request = requestOf(words, { status: 'approved', breakGlass, ...closed });
    yield { ...frame, request, grant: grantOf(request, words, { status: 'ended', endedBecause: 'revoked' }) };
  }
  const request = requestOf(words, { status: 'approved', ...closed });
  for (const status of ['scheduled', 'provisioning', 'active', 'revoking', 'ended'] as const) {
    for (const endedBecause of ['revoked', 'provisioning_failed', 'resolved_unverified'] as const) {
      for (const lastErrorKind of ['transient', 'permanent'] as const) {
        yield { ...frame, request, grant: grantOf(request, words, { status, endedBecause, lastErrorKind }) };
      }
    }
  }
}

/** The events whose lines hold what people or targets wrote. */
const facts = (words: Words): AuditFact[] => [
  {
    kind: 'request.submitted',
    data: {
      role: LONGEST_KEY,
      durationSeconds: 1e6,
      reason: words(3_000),
      ticket: words(200),
      policyVersion: 'f'.repeat(64),
      rule: words(80),
      outcome: 'require',
      breakGlass: true,
    },
  },
  { kind: 'decision.approved', data: { stage: 4, via: words(80) } },
  { kind: 'request.approved', data: { rule: words(80), approvers: many(50, () => words(80)) } },
  { kind: 'request.denied', data: { reason: words(3_000), rule: null } },
  { kind: 'request.denied', data: { reason: words(2_000), rule: words(80) } },
  {
    kind: 'request.escalated',
    data: { stage: 0, to: Array.from({ length: 20 }, () => 'g'.repeat(80)), expiresAt: T0.toISOString() },
  },
  { kind: 'request.reminded', data: { expiresAt: T0.toISOString() } },
  { kind: 'review.closed', data: { verdict: 'unjustified', comment: words(3_000), via: words(80) } },
  { kind: 'grant.provisioning_failed', data: { error: words(10_000) } },
  { kind: 'grant.revocation_started', data: { because: 'revoked', reason: words(3_000) } },
  { kind: 'alarm.escalated', data: { to: many(100, () => words(80)), connector: words(80), grants: 1 } },
  { kind: 'grant.revocation_failed', data: { error: words(10_000), errorKind: 'transient', attempt: 9 } },
  { kind: 'grant.drift_found', data: { drift: 'level_changed', found: { option: words(5_000) } } },
  { kind: 'grant.resolved_unverified', data: { reason: words(3_000), error: words(10_000) } },
  {
    kind: 'grant.ended',
    data: {
      because: 'revoked',
      answer: words(5_000),
      keptFor: null,
      called: true,
      stillGivenBy: many(50, () => words(63)),
      restored: true,
      lateSeconds: 1e6,
    },
  },
];

export function eventsOf(view: RequestView, words: Words): AuditEvent[] {
  const actor = byPerson(personOf(words));
  const events = facts(words).map((fact) => ({
    ...fact,
    at: T0,
    actor,
    requestId: requestId('req_0000000000000001'),
    grantId: grantId('grt_0000000000000001'),
  }));
  return chain(view.request.workspaceId, { sequence: 0, hash: CHAIN_START }, events);
}

export const systemOf = (words: Words): KnownSystem => ({
  workspaceId: workspaceId('T0TEAM'),
  id: 's'.repeat(64),
  connector: words(80),
  connectorType: 'postgres',
  connection: {},
  entitlement: { role: words(500) },
  entitlementKey: null,
  firstRunAt: null,
  lastRunAt: null,
  lastError: null,
  failingSince: null,
  toldAt: null,
  holders: null,
});

export const driftOf = (words: Words, index: number): Drift => ({
  id: `drf_${String(index).padStart(16, '0')}`,
  workspaceId: workspaceId('T0TEAM'),
  system: 's',
  kind:
    (['unknown_holder', 'unrecorded', 'ended_grant', 'gained_more', 'level_changed'] as const)[index % 5] ??
    'unrecorded',
  connector: words(80),
  entitlement: { role: words(500) },
  accessKey: 'k',
  subjectId: 'i',
  subject: words(320),
  grantor: words(320),
  ours: true,
  level: { options: words(2_000) },
  grantId: grantId('grt_0000000000000001'),
  status: index % 2 === 0 ? 'open' : 'revoking',
  firstSeenAt: T0,
  lastSeenAt: T0,
  shownAt: T0,
  untilAt: later(60),
  owner: PEOPLE[0] ?? null,
  decidedBy: personOf(words),
  lastError: words(10_000),
});

export const offerOf = (words: Words, index: number): RoleOffer => ({
  key: roleKey(`resource-${index % 200}/role-${index}`),
  title: words(80),
  resource: `${index % 200}${words(77)}`,
  environment: words(80),
  risk: 'high',
  defaultSeconds: 30 * 86_400 - 1,
  maxSeconds: 30 * 86_400 - 1,
  reasonMinLength: 1_000,
  asked: many(5, () => 5_000),
  askedSeconds: 3_600,
  ticket: { required: true, pattern: words(500), example: words(60) },
});
