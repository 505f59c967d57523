import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import type { cancelRequest, nudge } from '../usecases/cancel-request.ts';
import type { keepGrant } from '../usecases/check-use.ts';
import type { clockOf } from '../usecases/clock-of.ts';
import type { decideDrift, findDrift } from '../usecases/decide-drift.ts';
import type { approveRequest, checkDecider, denyRequest } from '../usecases/decide-request.ts';
import type { editRequest, findEdit } from '../usecases/edit-request.ts';
import type { endDeactivated } from '../usecases/end-all.ts';
import type { findRevocable, returnGrant, revokeGrants } from '../usecases/end-grant.ts';
import type { explainRole } from '../usecases/explain-role.ts';
import type { extendGrant, findExtension, findOwnGrant } from '../usecases/extend-grant.ts';
import type { changesSince } from '../usecases/follow-changes.ts';
import type { awayOf, endAway, setAway } from '../usecases/go-away.ts';
import type { findOwnRequest, homeOf } from '../usecases/home-of.ts';
import type { offerRole, offerRoles } from '../usecases/offer-roles.ts';
import type { CardRef } from '../usecases/ports.ts';
import type { proofOf } from '../usecases/proof-of.ts';
import type { findFailing, resolveGrant, retryRevocation } from '../usecases/resolve-grant.ts';
import type { checkReviewer, reviewRequest } from '../usecases/review-request.ts';
import type { revokeDisallowed } from '../usecases/revoke-disallowed.ts';
import type { pressStart } from '../usecases/start-grant.ts';
import type { statusOf } from '../usecases/status-of.ts';
import type { resolveTarget, retryTarget } from '../usecases/step-in-for-all.ts';
import type { submitRequest } from '../usecases/submit-request.ts';
import type { whoHas } from '../usecases/who-has.ts';

/** A use case with its ports already in it. */
export type Bound<UseCase> = UseCase extends (ports: never, input: infer Input) => infer Result
  ? (input: Input) => Result
  : never;

/** What people can do from Slack. */
export interface SlackUsecases {
  readonly submitRequest: Bound<typeof submitRequest>;
  readonly offerRoles: Bound<typeof offerRoles>;
  readonly offerRole: Bound<typeof offerRole>;
  readonly explainRole: Bound<typeof explainRole>;
  readonly approveRequest: Bound<typeof approveRequest>;
  readonly setAway: Bound<typeof setAway>;
  readonly endAway: Bound<typeof endAway>;
  readonly awayOf: Bound<typeof awayOf>;
  readonly checkDecider: Bound<typeof checkDecider>;
  readonly editRequest: Bound<typeof editRequest>;
  readonly findEdit: Bound<typeof findEdit>;
  readonly denyRequest: Bound<typeof denyRequest>;
  readonly cancelRequest: Bound<typeof cancelRequest>;
  readonly endDeactivated: Bound<typeof endDeactivated>;
  readonly whoHas: Bound<typeof whoHas>;
  readonly nudge: Bound<typeof nudge>;
  readonly homeOf: Bound<typeof homeOf>;
  readonly changesSince: Bound<typeof changesSince>;
  readonly findOwnRequest: Bound<typeof findOwnRequest>;
  readonly checkReviewer: Bound<typeof checkReviewer>;
  readonly reviewRequest: Bound<typeof reviewRequest>;
  readonly pressStart: Bound<typeof pressStart>;
  readonly keepGrant: Bound<typeof keepGrant>;
  readonly clockOf: Bound<typeof clockOf>;
  readonly returnGrant: Bound<typeof returnGrant>;
  readonly extendGrant: Bound<typeof extendGrant>;
  readonly findExtension: Bound<typeof findExtension>;
  readonly findOwnGrant: Bound<typeof findOwnGrant>;
  readonly findRevocable: Bound<typeof findRevocable>;
  readonly revokeGrants: Bound<typeof revokeGrants>;
  readonly revokeDisallowed: Bound<typeof revokeDisallowed>;
  readonly findFailing: Bound<typeof findFailing>;
  readonly retryRevocation: Bound<typeof retryRevocation>;
  readonly retryTarget: Bound<typeof retryTarget>;
  readonly resolveTarget: Bound<typeof resolveTarget>;
  /** How many revocations fail on a target. */
  readonly countFailing: (input: { readonly workspace: WorkspaceId; readonly target: string }) => Promise<number>;
  readonly resolveGrant: Bound<typeof resolveGrant>;
  readonly findDrift: Bound<typeof findDrift>;
  readonly decideDrift: Bound<typeof decideDrift>;
  readonly proofOf: Bound<typeof proofOf>;
  readonly statusOf: Bound<typeof statusOf>;
  /** Where the request's card stands; null: there is none, or it was not noted yet. */
  readonly findCard: (input: {
    readonly workspace: WorkspaceId;
    readonly requestId: RequestId;
  }) => Promise<CardRef | null>;
}
