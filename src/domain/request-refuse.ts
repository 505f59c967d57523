import type { NewAuditEvent } from './audit.ts';
import { byPerson } from './person.ts';
import { MAX_REASON_LENGTH, MAX_TICKET_LENGTH } from './policy/limits.ts';
import type { RefusalCode } from './refusal.ts';
import { type AccessRequest, type Draft, event, unanswered } from './request-state.ts';

/** Refusals by which the policy itself said no: under another policy the same submission might get another answer. */
export const DECIDED_BY_POLICY = ['policy_denied', 'duration_too_long'] as const satisfies readonly RefusalCode[];
export type DecidedByPolicy = (typeof DECIDED_BY_POLICY)[number];

/**
 * A submission that the policy refused. It is closed as it is born: it has no card, nothing follows, and it is kept with its facts and
 * every rule's verdict. Its `closedReason` is the refusal's code. `isLast`: whatever else this person is refused is not kept for now.
 */
export function refuse(
  draft: Draft,
  code: DecidedByPolicy,
  isLast: boolean,
): { state: AccessRequest; events: NewAuditEvent[] } {
  // What nobody checked the length of is kept no longer than if it had been.
  const reason = start(draft.reason, MAX_REASON_LENGTH);
  const ticket = draft.ticket === null ? null : start(draft.ticket, MAX_TICKET_LENGTH);
  const state: AccessRequest = {
    ...unanswered(draft),
    reason,
    ticket,
    facts: { ...draft.facts, request: { ...draft.facts.request, reason, ticket } },
    status: 'refused',
    closedAt: draft.createdAt,
    closedReason: code,
  };
  return {
    state,
    events: [
      event(state, state.createdAt, byPerson(state.requester), {
        kind: 'request.refused',
        data: {
          role: state.role.key,
          durationSeconds: state.durationSeconds,
          code,
          rule: code === 'policy_denied' ? state.policyDecision.rule.name : state.policyDecision.cappedBy,
          policyVersion: state.policyVersion,
          ...(isLast ? { furtherNotKept: true as const } : {}),
        },
      }),
    ],
  };
}

/** At most `max` characters of it, and no half of one. */
const start = (text: string, max: number): string => text.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
