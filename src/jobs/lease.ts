import type { Logger } from 'pino';
import type { Outbox } from '../usecases/ports.ts';
import { LEASE_SECONDS, RENEW_EVERY_MS } from './limits.ts';

/**
 * Renews leases that were just claimed until they are let go, and stops the work when one is, or may be, somebody else's: when Postgres
 * says so, and also when no renewal came back for a whole lease. `keys` are those that are held at the time. Returns what lets them go.
 */
export function keepLease(
  outbox: Pick<Outbox, 'renew'>,
  claim: { readonly keys: () => readonly string[]; readonly owner: string },
  stop: AbortController,
  log: Logger,
): () => void {
  let released = false;
  const what = (): string => {
    const [first = 'nothing', ...others] = claim.keys();
    return others.length === 0 ? first : `${first} and ${others.length} more`;
  };
  const lose = (why: string) => {
    if (released) return;
    log.warn(`The lease on ${what()} was lost: ${why}`);
    stop.abort(new Error(`The lease was lost: ${why}`));
    letGo();
  };
  const expire = () => lose(`it could not be renewed for ${LEASE_SECONDS} s`);

  let expiry = setTimeout(expire, LEASE_SECONDS * 1_000);
  let asking = false;
  const renew = async () => {
    if (asking) return;
    asking = true;
    const askedAt = performance.now();
    try {
      const asked = claim.keys();
      const renewed = await outbox.renew(asked, claim.owner, LEASE_SECONDS);
      if (released) return;
      // What was let go of while we asked is missing for that reason.
      const held = new Set(claim.keys());
      if (asked.some((key) => held.has(key) && !renewed.has(key))) return lose('somebody else holds it');
      clearTimeout(expiry);
      // Counted from when it was asked for, since Postgres may have answered long before we heard.
      expiry = setTimeout(expire, LEASE_SECONDS * 1_000 - (performance.now() - askedAt));
    } catch (error) {
      log.warn({ err: error }, `The lease on ${what()} could not be renewed; trying again`);
    } finally {
      asking = false;
    }
  };
  const renewal = setInterval(() => void renew(), RENEW_EVERY_MS);
  const letGo = () => {
    released = true;
    clearTimeout(expiry);
    clearInterval(renewal);
  };
  return letGo;
}
