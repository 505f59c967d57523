import type { Drift } from '../domain/drift.ts';
import type { Grant } from '../domain/grant.ts';
import type { PolicyVersion, RequestId, SlackUserId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';

/** Which rows of a long list. */
export interface Window {
  readonly offset: number;
  readonly limit: number;
}

/** Some rows of a list, and how many there are in all. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** The long lists of a Home, each read a page at a time. */
export interface HomeReads {
  /** The person's requests that wait no longer, newest first; without those that the policy refused at once. */
  pastRequestsOf(person: SlackUserId, window: Window): Promise<Rows<AccessRequest>>;
  /**
   * Waiting requests, oldest first, behind `after`: those whose stages, up to the one that waits, name one of these groups, and those that were
   * asked under another policy. `last`: the one to go on behind; null: there are no more.
   */
  pendingFor(
    of: { readonly groups: readonly string[]; readonly version: PolicyVersion },
    after: Pick<AccessRequest, 'id' | 'createdAt'> | null,
    limit: number,
  ): Promise<{ readonly rows: readonly AccessRequest[]; readonly last: AccessRequest | null }>;
  /** Uses of break-glass whose review is due, oldest first. */
  dueReviews(limit: number): Promise<readonly AccessRequest[]>;
  /** Open grants of the workspace by their end, without those that `failingGrants` has. */
  openGrants(window: Window): Promise<Rows<Grant>>;
  /** Grants that are over and could not be taken away yet, the longest overdue first. */
  failingGrants(window: Window): Promise<Rows<Grant>>;
  /** What is on targets otherwise than granted and waits for somebody, in the order in which it was first seen. */
  waitingDrift(window: Window): Promise<Rows<Drift>>;
  /** The number of the latest audit event, and the requests that those behind `since` tell of, each with its latest one; `since` null: none of them. */
  changedSince(
    since: number | null,
    limit: number,
  ): Promise<{
    readonly latest: number;
    readonly requests: readonly { readonly id: RequestId; readonly event: number }[];
  }>;
}
