import type { Logger } from 'pino';
import type { Outbox } from '../usecases/ports.ts';
import { LEASE_SECONDS, RENEW_EVERY_MS } from './limits.ts';

/**
 * Renews a lease that was just claimed until it is let go, and stops the work when it is, or may be, somebody else's: when Postgres
 * says so, and also when no renewal came back for a whole lease. Returns what lets it go.
 */
export function keepLease(
  outbox: Pick<Outbox, 'renew'>,
  claim: { readonly key: string; readonly owner: string },
  stop: AbortController,
  log: Logger,
): () => void {
  let released = false;
  const lose = (why: string) => {
    if (released) return;
    log.warn({ effect: claim.key }, `The lease on ${claim.key} was lost: ${why}`);
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
      const held = await outbox.renew(claim.key, claim.owner, LEASE_SECONDS);
      if (released) return;
      if (!held) return lose('somebody else holds it');
      clearTimeout(expiry);
      // Counted from when it was asked for, since Postgres may have answered long before we heard.
      expiry = setTimeout(expire, LEASE_SECONDS * 1_000 - (performance.now() - askedAt));
    } catch (error) {
      log.warn({ effect: claim.key, err: error }, `The lease on ${claim.key} could not be renewed; trying again`);
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
