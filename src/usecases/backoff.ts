/** Quick first, then slow, for ever. Milliseconds. */
interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** A target that hiccups is asked again within the second; one that is down for an hour is asked once a minute. */
export const PROVISION_BACKOFF: Backoff = { firstMs: 500, mostMs: 30_000 };
export const REVOKE_BACKOFF: Backoff = { firstMs: 500, mostMs: 60_000 };
/** What was resolved without proof: after a minute, then more and more slowly, up to every ten. */
export const WATCH_BACKOFF: Backoff = { firstMs: 60_000, mostMs: 600_000 };
export const SCREEN_BACKOFF: Backoff = { firstMs: 1_000, mostMs: 300_000 };

/** Doubles with each failure up to the most, with up to a quarter of jitter off, so that many failures do not come back as one. */
export function backoffMs(backoff: Backoff, failures: number): number {
  const full = Math.min(backoff.firstMs * 2 ** Math.min(failures, 30), backoff.mostMs);
  return Math.round(full * (1 - Math.random() / 4));
}
