import { z } from 'zod';
import type { EffectKind } from '../domain/effect.ts';
import type { OutboxEntry } from '../usecases/ports.ts';

/** What a job carries: what to perform. Everything else is read from Postgres when it runs. */
export const jobPayload = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('effect'),
    /** Three Slack or grant ids and two words fit many times over. */
    key: z.string().min(1).max(300),
    /** As it was scheduled for the nth time. */
    generation: z.number().int().nonnegative(),
    target: z.string().max(300).nullable(),
  }),
  /** Every end of access that is due on one target. */
  z.strictObject({ what: z.literal('ends'), target: z.string().min(1).max(300) }),
]);
export type JobPayload = z.infer<typeof jobPayload>;

/** Something to perform, and when its alarm replaces an older one: for the same name. */
export interface Alarm {
  readonly name: string;
  readonly kind: EffectKind;
  readonly payload: JobPayload;
}

/** An alarm that is to ring so many milliseconds from now. */
export interface Timed {
  readonly alarm: Alarm;
  readonly delayMs: number;
}

export const alarmOf = ({ key, generation, kind, target }: Omit<OutboxEntry, 'dueAt'>): Alarm => ({
  name: key,
  kind,
  payload: { what: 'effect', key, generation, target },
});

/** One alarm for the ends of a target that are due together; `at` tells it from the next one. */
export const alarmForEnds = (target: string, at: number): Alarm => ({
  name: `ends/${target}/${at}`,
  kind: 'revoke_grant',
  payload: { what: 'ends', target },
});

/**
 * Effects that must not wait for each other. Each lane has a queue and workers of its own, so that a slow Slack never delays a
 * revocation and ten thousand cards never delay a deadline.
 */
export type Lane = 'access' | 'deadlines' | 'screen';

export interface LaneDefinition {
  readonly lane: Lane;
  /** BullMQ queue names hold no ':'. */
  readonly queue: string;
  /** How many effects of the lane one process performs at once. */
  readonly concurrency: number;
}

/** In the order in which they are handed on. */
export const lanes: readonly LaneDefinition[] = [
  // One target has at most `PER_TARGET` of each kind in hand, so that several dead ones leave room for the rest.
  { lane: 'access', queue: 'elevate-access', concurrency: 64 },
  { lane: 'deadlines', queue: 'elevate-deadlines', concurrency: 4 },
  // Slack takes about one message a second per channel (Slack documentation, Rate limits): more hands would only wait.
  { lane: 'screen', queue: 'elevate-screen', concurrency: 8 },
];

export function laneOf(kind: EffectKind): Lane {
  switch (kind) {
    case 'provision_grant':
    case 'revoke_grant':
    case 'renew_expiry':
      return 'access';
    case 'remind_review':
    case 'remind_approvers':
    case 'escalate_request':
    case 'expire_request':
    case 'announce_expiry':
    case 'start_grant':
    case 'check_use':
    case 'watch_grant':
    case 'reconcile':
    case 'check_people':
    case 'end_delegation':
    case 'note_trouble':
      return 'deadlines';
    case 'render_card':
    case 'notify_person':
    case 'alert_break_glass':
    case 'tell_break_glass':
    case 'alert_revocation':
    case 'alert_target':
    case 'render_drift':
    case 'announce_delegation':
    case 'announce_pause':
    case 'announce_blind':
    case 'announce_trouble':
    case 'announce_ends':
    case 'announce_channel':
      return 'screen';
  }
}
