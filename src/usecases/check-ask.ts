import type { RequestFacts } from '../domain/policy/facts.ts';
import { MAX_REASON_LENGTH, MAX_TICKET_LENGTH } from '../domain/policy/limits.ts';
import type { PolicyDecision, Role } from '../domain/policy/types.ts';
import type { Refusal } from '../domain/refusal.ts';
import { START_AHEAD_MAX_SECONDS } from '../domain/written/times.ts';
import { MIN_DURATION_SECONDS } from './limits.ts';

/** What is wrong with the ask itself, whoever asks. More time than allowed is refused with the maximum named, never shortened. */
export function checkAsk(ask: RequestFacts, role: Role, decision: Pick<PolicyDecision, 'capSeconds'>): Refusal | null {
  // Break-glass has a longest time of its own, which the decision brings as its cap.
  const ownMax = ask.breakGlass ? Number.POSITIVE_INFINITY : role.duration.maxSeconds;
  const maxSeconds = Math.min(ownMax, decision.capSeconds ?? Number.POSITIVE_INFINITY);
  if (!(ask.durationSeconds >= MIN_DURATION_SECONDS))
    return { code: 'duration_too_short', minSeconds: MIN_DURATION_SECONDS };
  if (ask.durationSeconds > maxSeconds)
    return { code: 'duration_too_long', maxSeconds, askedSeconds: ask.durationSeconds };
  if (ask.reason.length < role.reason.minLength) return { code: 'reason_too_short', minLength: role.reason.minLength };
  if (ask.reason.length > MAX_REASON_LENGTH) return { code: 'reason_too_long', maxLength: MAX_REASON_LENGTH };
  return checkTicket(ask, role);
}

/** What is wrong with the moments that were asked for. A form may have been open for a while. */
export function checkTimes(
  { startsAt, endsBy }: { readonly startsAt: Date | null; readonly endsBy: Date | null },
  now: Date,
): Refusal | null {
  if (startsAt && startsAt <= now) return { code: 'start_passed' };
  if (startsAt && startsAt.getTime() - now.getTime() > START_AHEAD_MAX_SECONDS * 1000) {
    return { code: 'start_too_far', maxSeconds: START_AHEAD_MAX_SECONDS };
  }
  return endsBy && endsBy <= (startsAt ?? now) ? { code: 'end_before_start' } : null;
}

function checkTicket({ ticket, breakGlass }: RequestFacts, role: Role): Refusal | null {
  // Who has to act now may not have a ticket yet; the review asks for it.
  if (ticket === null) return role.ticket.required && !breakGlass ? { code: 'ticket_missing' } : null;
  const { pattern, example } = role.ticket;
  if (ticket.length > MAX_TICKET_LENGTH) return { code: 'ticket_too_long', maxLength: MAX_TICKET_LENGTH };
  if (pattern !== null && !role.ticket.accepts(ticket)) {
    return { code: 'ticket_malformed', pattern, example };
  }
  return null;
}
