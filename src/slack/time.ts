import { BACKGROUND_TIMEOUT_MS } from './limits.ts';

/** Slack tells whole seconds: on average half a one has passed. */
const HALF_A_SECOND_MS = 500;

/**
 * Slack's own time, from the Date of an answer (RFC 9110, "Date"; Slack: "api.test", which needs no token and changes nothing); to
 * about a second. null: Slack did not answer, or something between us answered for it from its memory. Never throws.
 */
export async function slackTime(apiUrl: string): Promise<Date | null> {
  try {
    const signal = AbortSignal.timeout(BACKGROUND_TIMEOUT_MS);
    const response = await fetch(new URL('api.test', apiUrl), { method: 'POST', signal, redirect: 'manual' });
    await response.body?.cancel();
    const told = Date.parse(response.headers.get('date') ?? '');
    const fresh = response.ok && !response.headers.has('age');
    return fresh && Number.isFinite(told) ? new Date(told + HALF_A_SECOND_MS) : null;
  } catch {
    return null;
  }
}
