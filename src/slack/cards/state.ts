import { type Grant, unusedEndOf } from '../../domain/grant.ts';
import { LAPSED, REQUESTER_LEFT } from '../../domain/request.ts';
import type { RequestView } from '../../usecases/ports.ts';
import type { Text } from '../text/en.ts';

export interface CardState {
  /** mrkdwn for the card itself. */
  readonly line: string;
  /** The same in a few words, for the top-level text. */
  readonly short: string;
  /** It stands right under the title, because a person must act. */
  readonly loud: boolean;
}

/** How things stand, in words. */
export function stateOf({ request, grant }: RequestView, text: Text): CardState {
  const { state, short } = text.card;
  if (grant) return ofGrant(grant, text);
  switch (request.status) {
    case 'pending':
      return calm(state.pending(request), short.pending);
    case 'approved':
      return calm(state.approved(request), short.approved);
    // The policy refused it at once: it has no card, and if it had one this is what it would say.
    case 'refused':
    case 'denied':
      return calm(state.denied(request), state.deniedShort(request));
    case 'cancelled':
      return calm(
        state.cancelled(request),
        request.closedReason === REQUESTER_LEFT ? short.requesterLeft : short.cancelled,
      );
    case 'expired':
      return calm(state.expired(request), request.closedReason === LAPSED ? short.lapsed : short.expired);
  }
}

function ofGrant(grant: Grant, text: Text): CardState {
  const { state, short } = text.card;
  switch (grant.status) {
    case 'scheduled':
      return calm(state.scheduled(grant), short.scheduled(grant));
    case 'provisioning':
      return calm(state.provisioning(grant), short.provisioning);
    case 'active':
      return calm(`${state.active(grant)}${unusedSoon(grant, text)}`, short.active(grant));
    case 'revoking':
      return grant.lastError === null
        ? calm(state.revoking(grant), short.revoking)
        : { line: state.revokingFailed(grant), short: state.revokingFailedPlain, loud: true };
    case 'ended':
      if (grant.target.resolved === null && grant.activatedAt === null && grant.endedBecause !== 'provisioning_failed')
        return calm(state.neverStarted(grant), short.neverStarted);
      return grant.endedBecause === 'provisioning_failed'
        ? calm(state.neverLive(grant), short.failed)
        : calm(state.ended(grant), short.ended);
  }
}

/** That it ends early, where its holder was told so. */
function unusedSoon(grant: Grant, text: Text): string {
  const endsAt = unusedEndOf(grant);
  return endsAt ? text.card.state.unusedSoon(endsAt) : '';
}

const calm = (line: string, short: string): CardState => ({ line, short, loud: false });
