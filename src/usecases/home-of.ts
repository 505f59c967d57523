import type { Drift } from '../domain/drift.ts';
import type { Grant } from '../domain/grant.ts';
import type { GrantId, RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { electorateOf } from './approvers-of.ts';
import { lookUpGroups, membership } from './electorate.ts';
import { type AwayFacts, awayOf } from './go-away.ts';
import type { Rows, Window } from './home-ports.ts';
import { DUE_REVIEWS_LIMIT, HOME_ALL_ROWS, HOME_COUNTED_AHEAD, HOME_ROWS } from './limits.ts';
import { lookingUpOnce } from './looking-up-once.ts';
import type { Ports } from './ports.ts';
import { statusOf } from './status-of.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

/** The lists of a Home, each with pages of its own. */
export const HOME_LISTS = [
  'waiting',
  'reviews',
  'access',
  'pending',
  'past',
  'failing',
  'drift',
  'everything',
] as const;
export type HomeList = (typeof HOME_LISTS)[number];
/** Which page of a list is shown, from 0; the first unless named. */
export type HomePages = { readonly [list in HomeList]?: number };

/** One page of a list. */
export interface Page<T> extends Rows<T> {
  readonly page: number;
  readonly pages: number;
  /** The place of its first row among all, from 1. */
  readonly from: number;
  /** Whether there are more than `total`, which is how far they were counted; unless set there are not. */
  readonly more?: boolean;
}

export interface HomeFacts {
  readonly ok: true;
  readonly now: Date;
  /** Every audit event up to this one is in it. */
  readonly latest: number;
  readonly waiting: Page<AccessRequest>;
  readonly reviews: Page<AccessRequest>;
  readonly access: Page<Grant>;
  readonly extensible: ReadonlySet<GrantId>;
  readonly pending: Page<AccessRequest>;
  readonly past: Page<AccessRequest>;
  /** Those of the past requests that could be asked again: neither waiting nor live now. */
  readonly askable: ReadonlySet<RequestId>;
  /** Everybody's; null: only admins see it. */
  readonly admin: {
    readonly failing: Page<Grant>;
    readonly drift: Page<Drift>;
    readonly everything: Page<Grant>;
  } | null;
  /** Every request that its lists hold, on whatever page, as far as they were counted. */
  readonly shows: ReadonlySet<RequestId>;
  /** Who is away, as far as it concerns this person. */
  readonly away: AwayFacts;
}

/** What somebody's Home shows. */
export async function homeOf(
  given: Needs,
  input: Asker & { readonly pages: HomePages },
): Promise<HomeFacts | { ok: false; refusal: Refusal }> {
  const ports = lookingUpOnce(given);
  // Before everything else: what is read behind it may be newer, and never older.
  const { latest } = await ports.store.reads(input.workspace).changedSince(null, 1);
  const wanted = Math.max(0, input.pages.waiting ?? 0);
  const status = await statusOf(ports, { ...input, counted: wanted * HOME_ROWS + HOME_COUNTED_AHEAD });
  if (!status.ok) return status;
  const { pages, user } = input;
  const reads = ports.store.reads(input.workspace);
  const policy = ports.policies.current();
  const [away, past, reviews, admins] = await Promise.all([
    awayOf(ports, input),
    turned(pages.past, HOME_ROWS, (window) => reads.pastRequestsOf(user, window)),
    reviewsFor(ports, input),
    lookUpGroups(ports, input.workspace, policy, policy.admins),
  ]);
  const isAdmin = membership(user, policy.admins, admins).via !== null;
  const shows = [...status.waitingForMe, ...status.pending, ...reviews].map(({ id }) => id);
  return {
    ok: true,
    now: status.now,
    latest,
    waiting: { ...cut(status.waitingForMe, pages.waiting), more: status.waitingMore },
    reviews: cut(reviews, pages.reviews),
    access: cut(status.grants, pages.access),
    extensible: status.extensible,
    pending: cut(status.pending, pages.pending),
    past,
    askable: askable(past.rows, status),
    admin: isAdmin ? await adminLists(ports, input) : null,
    shows: new Set([...shows, ...status.grants.map(({ requestId }) => requestId)]),
    away,
  };
}

async function adminLists(ports: Needs, { workspace, pages }: Asker & { readonly pages: HomePages }) {
  const reads = ports.store.reads(workspace);
  const [failing, drift, everything] = await Promise.all([
    turned(pages.failing, HOME_ROWS, reads.failingGrants),
    turned(pages.drift, HOME_ROWS, reads.waitingDrift),
    turned(pages.everything, HOME_ALL_ROWS, reads.openGrants),
  ]);
  return { failing, drift, everything };
}

/** Uses of break-glass that this person may review. */
async function reviewsFor(ports: Needs, { workspace, user }: Asker): Promise<readonly AccessRequest[]> {
  const due = await ports.store.reads(workspace).dueReviews(DUE_REVIEWS_LIMIT);
  const mine = await Promise.all(
    due.map(async (request) => (await electorateOf(ports, request)).approvers.includes(user)),
  );
  return due.filter((_, index) => mine[index]);
}

/** A page that is there, of a list that may have become shorter. */
function pageOf(wanted: number | undefined, total: number, limit: number): Omit<Page<never>, 'rows'> {
  const pages = Math.max(1, Math.ceil(total / limit));
  const page = Math.min(Math.max(0, wanted ?? 0), pages - 1);
  return { page, pages, total, from: page * limit + 1 };
}

function cut<T>(all: readonly T[], wanted: number | undefined): Page<T> {
  const place = pageOf(wanted, all.length, HOME_ROWS);
  return { ...place, rows: all.slice(place.from - 1, place.from - 1 + HOME_ROWS) };
}

async function turned<T>(
  wanted: number | undefined,
  limit: number,
  read: (window: Window) => Promise<Rows<T>>,
): Promise<Page<T>> {
  const offset = Math.max(0, wanted ?? 0) * limit;
  const found = await read({ offset, limit });
  const place = pageOf(wanted, found.total, limit);
  if (place.from - 1 === offset) return { ...place, rows: found.rows };
  const last = await read({ offset: place.from - 1, limit });
  return { ...place, rows: last.rows };
}

function askable(
  past: readonly AccessRequest[],
  { pending, grants }: { readonly pending: readonly AccessRequest[]; readonly grants: readonly Grant[] },
): ReadonlySet<RequestId> {
  const taken = new Set<string>([...pending.map(({ role }) => role.key), ...grants.map(({ roleKey }) => roleKey)]);
  const free = past.filter(
    ({ role, extension, breakGlass }) => !taken.has(role.key) && extension === null && breakGlass === null,
  );
  return new Set(free.map(({ id }) => id));
}

/** One's own earlier request, to ask for the same again. */
export async function findOwnRequest(
  ports: Pick<Ports, 'store'>,
  input: Asker & { readonly requestId: RequestId },
): Promise<{ ok: true; request: AccessRequest } | { ok: false; refusal: Refusal }> {
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  return request.requester.slackUserId === input.user ? { ok: true, request } : refused({ code: 'not_the_requester' });
}
