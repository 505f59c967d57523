import type { RefusalCode } from '../domain/refusal.ts';
import { DECIDED_BY_POLICY, type DecidedByPolicy, refuse } from '../domain/request-refuse.ts';
import type { Draft } from '../domain/request-state.ts';
import { REFUSALS_KEPT_PER_HOUR } from './limits.ts';
import type { Tx } from './ports.ts';

const HOUR_MS = 3_600_000;

export const decidedByPolicy = (code: RefusalCode): code is DecidedByPolicy =>
  (DECIDED_BY_POLICY as readonly RefusalCode[]).includes(code);

/**
 * Keeps what the policy refused, with its facts, so that it can be decided again under another policy. Of one person so many within an
 * hour; the last of them says in the audit that what follows is not kept, however often somebody presses the button.
 */
export async function keepRefusal(tx: Tx, draft: Draft, code: DecidedByPolicy): Promise<void> {
  const since = new Date(tx.now.getTime() - HOUR_MS);
  const before = await tx.refusalsOf(draft.requester.slackUserId, since);
  if (before >= REFUSALS_KEPT_PER_HOUR) return;
  const { state, events } = refuse(draft, code, before + 1 === REFUSALS_KEPT_PER_HOUR);
  await tx.save({ requests: [state], events });
}
