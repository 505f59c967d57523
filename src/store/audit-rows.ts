import { z } from 'zod';
import type { AuditEvent, AuditFact, AuditKind } from '../domain/audit.ts';
import type { Actor } from '../domain/person.ts';
import { lookupFailure } from './lookup-rows.ts';
import {
  endedBecause,
  personSchema,
  readRow,
  storedDate,
  storedGrantId,
  storedRequestId,
  storedWorkspaceId,
} from './rows.ts';
import { driftKinds } from './watch-rows.ts';

type Data<Kind extends AuditKind> = Extract<AuditFact, { kind: Kind }>['data'];

const text = z.string();
const textOrNull = z.string().nullable();
const number = z.number();

const grantDrift = z.enum(['removed_by_hand', 'level_changed']);
const driftFact = {
  drift: text,
  what: z.enum(driftKinds),
  connector: text,
  entitlement: z.json(),
  subject: text,
  subjectId: text,
};

const forWhom = { for: z.looseObject({ id: text, email: text, name: text }).exactOptional() };
const toWhom = { to: z.looseObject({ id: text, email: text, name: text }).exactOptional() };
const askedFor = z.looseObject({ role: text, durationSeconds: number });

/** What each kind of event must at least hold. Loose, since the hash covers whatever else is there. */
const dataSchemas: { readonly [Kind in AuditKind]: z.ZodType<Data<Kind>> } = {
  'request.submitted': z.looseObject({
    role: text,
    durationSeconds: number,
    reason: text,
    ticket: textOrNull,
    startsAt: text.exactOptional(),
    endsBy: text.exactOptional(),
    policyVersion: text,
    rule: text,
    outcome: z.enum(['approve', 'require']),
    extends: text.exactOptional(),
    breakGlass: z.literal(true).exactOptional(),
    fellBack: z
      .array(
        z.looseObject({
          stage: number,
          from: z.array(text),
          to: z.array(text),
          missing: number,
          unavailable: lookupFailure.nullable(),
        }),
      )
      .exactOptional(),
  }),
  'request.refused': z.looseObject({
    role: text,
    durationSeconds: number.nullable(),
    code: text,
    rule: textOrNull,
    policyVersion: text,
    furtherNotKept: z.literal(true).optional(),
  }),
  'decision.approved': z.looseObject({ stage: number, via: text, ...forWhom }),
  'decision.denied': z.looseObject({ via: text, reason: text, ...forWhom }),
  'request.edited': z.looseObject({
    before: askedFor,
    after: askedFor,
    approvals: z.enum(['kept', 'reset']),
    rule: text,
    via: text,
    ...forWhom,
  }),
  'decision.refused': z.looseObject({ code: text }),
  'request.approved': z.looseObject({ rule: text, approvers: z.array(text) }),
  'request.denied': z.looseObject({ reason: text, rule: textOrNull }),
  'request.cancelled': z.strictObject({}),
  'request.expired': z.looseObject({ deadline: text }),
  'request.reminded': z.looseObject({ expiresAt: text }),
  'request.escalated': z.looseObject({ stage: number, to: z.array(text), expiresAt: text }),
  'review.reminded': z.looseObject({ dueAt: text, overdue: z.boolean() }),
  'review.closed': z.looseObject({
    verdict: z.enum(['justified', 'unjustified']),
    comment: text,
    via: text,
    ...forWhom,
  }),
  'request.lapsed': z.looseObject({ grant: text }),
  'request.requester_left': z.strictObject({}),
  'grant.created': z.looseObject({
    mustEndBy: text,
    durationSeconds: number,
    startsAt: text.exactOptional(),
    startBy: text.exactOptional(),
  }),
  'grant.started': z.looseObject({ mustEndBy: text, durationSeconds: number }),
  'grant.start_capped': z.looseObject({ capSeconds: number, rule: text, startBy: text }),
  'grant.never_started': z.looseObject({ because: endedBecause, reason: textOrNull }),
  'grant.unused_warned': z.looseObject({ endsAt: text }),
  'grant.kept': z.strictObject({}),
  'grant.provisioning_started': z.looseObject({
    target: text,
    subject: text,
    subjectId: text,
  }),
  'grant.provisioning_retried': z.looseObject({ error: text, attempt: number }),
  'grant.provisioning_failed': z.looseObject({ error: text }),
  'grant.activated': z.looseObject({ endsAt: text, answer: text, heldBefore: z.boolean() }),
  'grant.expiry_announced': z.looseObject({ endsAt: text }),
  'grant.extended': z.looseObject({ endsAt: text, seconds: number, by: text }),
  'grant.revocation_started': z.looseObject({
    because: endedBecause,
    reason: textOrNull,
    reappeared: z.literal(true).exactOptional(),
  }),
  'grant.revocation_failed': z.looseObject({ error: text, errorKind: text, attempt: number }),
  'alarm.escalated': z.looseObject({ to: z.array(text), connector: text, grants: number }),
  'grant.sessions_ended': z.looseObject({ sessions: number, at: text }),
  'grant.ended': z.looseObject({
    because: endedBecause,
    answer: text,
    keptFor: textOrNull,
    called: z.boolean(),
    stillGivenBy: z.array(text),
    restored: z.boolean(),
    lateSeconds: number,
    confirmedFor: textOrNull.optional(),
  }),
  'grant.removal_unproven': z.looseObject({ answer: text, lookAgainAt: text }),
  'grant.retry_requested': z.strictObject({}),
  'grant.resolved_unverified': z.looseObject({ reason: text, error: text }),
  'grant.confirmed_gone': z.strictObject({}),
  'grant.reappeared': z.looseObject({ found: z.json(), closedOnWord: z.boolean() }),
  'grant.drift_found': z.looseObject({ drift: grantDrift, found: z.json() }),
  'grant.drift_cleared': z.looseObject({ drift: grantDrift }),
  'grant.end_moved': z.looseObject({ endsAt: text, bySeconds: number }),
  'drift.found': z.looseObject({ ...driftFact, grantor: text, level: z.json() }),
  'drift.accepted': z.looseObject({ ...driftFact, owner: text, reviewAt: text }),
  'drift.ignored': z.looseObject({ ...driftFact, until: text }),
  'drift.revocation_requested': z.looseObject(driftFact),
  'drift.revoked': z.looseObject({ ...driftFact, answer: text }),
  'drift.closed': z.looseObject(driftFact),
  'delegation.started': z.looseObject({ until: text, ...toWhom }),
  'delegation.ended': z.looseObject({ until: text, ...toWhom }),
  'reconciler.paused': z.looseObject({ reason: text, until: textOrNull }),
  'reconciler.resumed': z.looseObject({ pausedSince: text }),
  'database.restored': z.looseObject({ was: text, is: text, knowsUntil: textOrNull }),
  'clock.moved': z.looseObject({ bySeconds: number, exact: z.boolean(), grantsMoved: number }),
  'policy.loaded': z.looseObject({ version: text, commit: textOrNull }),
  'policy.refused': z.looseObject({ findings: z.array(text) }),
};

const isKind = (kind: string): kind is AuditKind => Object.hasOwn(dataSchemas, kind);

const actorSchema: z.ZodType<Actor> = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('person'), person: personSchema }),
  z.looseObject({ type: z.literal('system'), what: z.enum(['policy', 'schedule', 'worker', 'start', 'reconciler']) }),
]);

const eventSchema = z
  .object({
    workspace_id: storedWorkspaceId,
    sequence: z.int().min(1),
    kind: text,
    data: z.record(text, z.json()),
    at: storedDate,
    actor: actorSchema,
    request_id: storedRequestId.nullable(),
    grant_id: storedGrantId.nullable(),
    previous_hash: text,
    hash: text,
  })
  .transform((row, context): AuditEvent => {
    const rest = {
      at: row.at,
      actor: row.actor,
      requestId: row.request_id,
      grantId: row.grant_id,
      workspaceId: row.workspace_id,
      sequence: row.sequence,
      previousHash: row.previous_hash,
      hash: row.hash,
    };
    const fact = readFact(row.kind, row.data);
    if ('problem' in fact) {
      context.addIssue({ code: 'custom', path: ['data', ...fact.path], message: fact.problem });
      return z.NEVER;
    }
    return { ...fact, ...rest };
  });

function readFact(kind: string, data: unknown): AuditFact | { problem: string; path: PropertyKey[] } {
  if (!isKind(kind)) return { problem: `its kind ${kind} is unknown to this version of Elevate`, path: [] };
  const read = dataSchemas[kind].safeParse(data);
  if (read.success) return { kind, data: read.data } as AuditFact;
  const issue = read.error.issues[0];
  return { problem: issue?.message ?? 'it is not what was expected', path: issue?.path ?? [] };
}

export const readEvent = (row: unknown): AuditEvent => readRow('audit_events', 'sequence', eventSchema, row);

/** The columns of `audit_events`. */
export const eventRow = (event: AuditEvent) => ({
  workspace_id: event.workspaceId,
  sequence: event.sequence,
  kind: event.kind,
  data: event.data,
  at: event.at,
  actor: event.actor,
  request_id: event.requestId,
  grant_id: event.grantId,
  previous_hash: event.previousHash,
  hash: event.hash,
});
