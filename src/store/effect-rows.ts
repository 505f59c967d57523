import { z } from 'zod';
import type { Effect, EffectKind, NoticeName, Trouble } from '../domain/effect.ts';
import type { ClaimedEffect } from '../usecases/ports.ts';
import { readRow, storedDate, storedGrantId, storedRequestId, storedUserId, storedWorkspaceId } from './rows.ts';

export const notices: { readonly [name in NoticeName]: name } = {
  request_submitted: 'request_submitted',
  request_escalated: 'request_escalated',
  request_approved: 'request_approved',
  request_denied: 'request_denied',
  request_expired: 'request_expired',
  request_cancelled: 'request_cancelled',
  request_edited: 'request_edited',
  break_glass_used: 'break_glass_used',
  review_closed: 'review_closed',
  review_overdue: 'review_overdue',
  start_shorter: 'start_shorter',
  access_not_started: 'access_not_started',
  access_live: 'access_live',
  access_unused: 'access_unused',
  access_failed: 'access_failed',
  access_ending: 'access_ending',
  access_ended: 'access_ended',
  access_reappeared: 'access_reappeared',
  access_removed: 'access_removed',
  revocation_failing: 'revocation_failing',
};

const ofRequest = { requestId: storedRequestId };
const ofWorkspace = { workspaceId: storedWorkspaceId };
const ofGrant = { grantId: storedGrantId };

const troubleSchema: z.ZodType<Trouble> = z.discriminatedUnion('what', [
  z.looseObject({
    what: z.literal('database_restored'),
    was: z.string(),
    is: z.string(),
    knowsUntil: storedDate.nullable(),
  }),
  z.looseObject({
    what: z.literal('clock_went_back'),
    seconds: z.number(),
    exact: z.boolean(),
    grantsMoved: z.number(),
  }),
  z.looseObject({ what: z.literal('clock_jumped_ahead'), seconds: z.number() }),
]);

/** One schema for each kind, so that a kind without one does not compile. */
const effectSchemas: { readonly [Kind in EffectKind]: z.ZodType<Extract<Effect, { kind: Kind }>> } = {
  render_card: z.looseObject({ kind: z.literal('render_card'), ...ofRequest }),
  expire_request: z.looseObject({ kind: z.literal('expire_request'), ...ofRequest }),
  tell_break_glass: z.looseObject({ kind: z.literal('tell_break_glass'), ...ofRequest }),
  alert_break_glass: z.looseObject({ kind: z.literal('alert_break_glass'), ...ofRequest }),
  remind_approvers: z.looseObject({ kind: z.literal('remind_approvers'), ...ofRequest }),
  escalate_request: z.looseObject({ kind: z.literal('escalate_request'), ...ofRequest }),
  remind_review: z.looseObject({ kind: z.literal('remind_review'), ...ofRequest }),
  start_grant: z.looseObject({ kind: z.literal('start_grant'), ...ofGrant }),
  check_use: z.looseObject({ kind: z.literal('check_use'), ...ofGrant }),
  provision_grant: z.looseObject({ kind: z.literal('provision_grant'), ...ofGrant }),
  revoke_grant: z.looseObject({ kind: z.literal('revoke_grant'), ...ofGrant }),
  renew_expiry: z.looseObject({ kind: z.literal('renew_expiry'), ...ofGrant }),
  announce_expiry: z.looseObject({ kind: z.literal('announce_expiry'), ...ofGrant }),
  notify_person: z.looseObject({
    kind: z.literal('notify_person'),
    notice: z.enum(notices),
    to: storedUserId,
    ...ofRequest,
  }),
  alert_revocation: z.looseObject({ kind: z.literal('alert_revocation'), ...ofGrant }),
  alert_target: z.looseObject({ kind: z.literal('alert_target'), target: z.string(), ...ofWorkspace }),
  watch_grant: z.looseObject({ kind: z.literal('watch_grant'), ...ofGrant }),
  check_people: z.looseObject({ kind: z.literal('check_people'), after: storedUserId.nullable(), ...ofWorkspace }),
  reconcile: z.looseObject({ kind: z.literal('reconcile'), ...ofWorkspace }),
  render_drift: z.looseObject({ kind: z.literal('render_drift'), system: z.string(), ...ofWorkspace }),
  announce_pause: z.looseObject({ kind: z.literal('announce_pause'), ...ofWorkspace }),
  announce_blind: z.looseObject({ kind: z.literal('announce_blind'), connector: z.string(), ...ofWorkspace }),
  announce_delegation: z.looseObject({
    kind: z.literal('announce_delegation'),
    person: storedUserId,
    ...ofWorkspace,
  }),
  end_delegation: z.looseObject({ kind: z.literal('end_delegation'), person: storedUserId, ...ofWorkspace }),
  announce_channel: z.looseObject({
    kind: z.literal('announce_channel'),
    channel: z.string(),
    what: z.enum(['cards', 'timelines']),
    problem: z.string().nullable(),
    otherwise: z.string().nullable(),
    ...ofWorkspace,
  }),
  announce_ends: z.looseObject({ kind: z.literal('announce_ends'), channel: z.string(), ...ofWorkspace }),
  note_trouble: z.looseObject({
    kind: z.literal('note_trouble'),
    trouble: troubleSchema,
    id: z.string(),
    after: storedGrantId.nullable(),
    ...ofWorkspace,
  }),
  announce_trouble: z.looseObject({
    kind: z.literal('announce_trouble'),
    trouble: troubleSchema,
    id: z.string(),
    ...ofWorkspace,
  }),
};

const isKind = (kind: unknown): kind is EffectKind => typeof kind === 'string' && Object.hasOwn(effectSchemas, kind);

const effectSchema: z.ZodType<Effect> = z.unknown().transform((payload, context) => {
  const kind: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, 'kind') : undefined;
  if (!isKind(kind)) {
    context.addIssue({
      code: 'custom',
      path: ['kind'],
      message: `${String(kind)} is no kind of effect that this version of Elevate knows`,
    });
    return z.NEVER;
  }
  const read = effectSchemas[kind].safeParse(payload);
  if (read.success) return read.data;
  for (const issue of read.error.issues) context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
  return z.NEVER;
});

const claimedSchema = z
  .object({
    key: z.string(),
    workspace_id: storedWorkspaceId,
    payload: effectSchema,
    generation: z.int(),
    due_at: storedDate,
    target: z.string().nullable(),
    attempts: z.int(),
  })
  .transform(
    (row): ClaimedEffect => ({
      key: row.key,
      workspaceId: row.workspace_id,
      kind: row.payload.kind,
      effect: row.payload,
      generation: row.generation,
      dueAt: row.due_at,
      target: row.target,
      attempts: row.attempts,
    }),
  );

export const readClaimed = (row: unknown): ClaimedEffect => readRow('effects', 'key', claimedSchema, row);

const entrySchema = z
  .object({
    key: z.string(),
    generation: z.int(),
    due_at: storedDate,
    urgency: z.int(),
    target: z.string().nullable(),
    kind: z.string().refine(isKind, { error: 'is no kind of effect that this version of Elevate knows' }),
    delay_ms: z.number(),
  })
  .transform(({ key, generation, due_at, urgency, target, kind, delay_ms }) => ({
    key,
    generation,
    dueAt: due_at,
    urgency,
    target,
    kind,
    delayMs: Math.max(0, Math.ceil(delay_ms)),
  }));

/** An entry as it is handed to the queue. */
export type HandedOn = z.output<typeof entrySchema>;
export const readHandedOn = (row: unknown): HandedOn => readRow('effects', 'key', entrySchema, row);

const pendingSchema = z.object({ key: z.string(), payload: effectSchema });
export const readPending = (row: unknown): Effect => readRow('effects', 'key', pendingSchema, row).payload;
