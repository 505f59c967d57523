import type { SlackUsecases } from './slack/usecases.ts';
import { cancelRequest, nudge } from './usecases/cancel-request.ts';
import { keepGrant } from './usecases/check-use.ts';
import { clockOf } from './usecases/clock-of.ts';
import { decideDrift, findDrift } from './usecases/decide-drift.ts';
import { approveRequest, checkDecider, denyRequest } from './usecases/decide-request.ts';
import { editRequest, findEdit } from './usecases/edit-request.ts';
import { endDeactivated } from './usecases/end-all.ts';
import { findRevocable, returnGrant, revokeGrants } from './usecases/end-grant.ts';
import { explainRole } from './usecases/explain-role.ts';
import { extendGrant, findExtension, findOwnGrant } from './usecases/extend-grant.ts';
import { changesSince } from './usecases/follow-changes.ts';
import { awayOf, endAway, setAway } from './usecases/go-away.ts';
import { findOwnRequest, homeOf } from './usecases/home-of.ts';
import { offerRole, offerRoles } from './usecases/offer-roles.ts';
import type { Ports } from './usecases/ports.ts';
import { proofOf } from './usecases/proof-of.ts';
import { findFailing, resolveGrant, retryRevocation } from './usecases/resolve-grant.ts';
import { checkReviewer, reviewRequest } from './usecases/review-request.ts';
import { revokeDisallowed } from './usecases/revoke-disallowed.ts';
import { pressStart } from './usecases/start-grant.ts';
import { statusOf } from './usecases/status-of.ts';
import { resolveTarget, retryTarget } from './usecases/step-in-for-all.ts';
import { submitRequest } from './usecases/submit-request.ts';
import { whoHas } from './usecases/who-has.ts';

/** The use cases with their ports in them, as Slack calls them. */
export function bindUsecases(ports: Ports): SlackUsecases {
  return {
    submitRequest: (input) => submitRequest(ports, input),
    offerRoles: (input) => offerRoles(ports, input),
    offerRole: (input) => offerRole(ports, input),
    explainRole: (input) => explainRole(ports, input),
    approveRequest: (input) => approveRequest(ports, input),
    setAway: (input) => setAway(ports, input),
    endAway: (input) => endAway(ports, input),
    awayOf: (input) => awayOf(ports, input),
    checkDecider: (input) => checkDecider(ports, input),
    editRequest: (input) => editRequest(ports, input),
    findEdit: (input) => findEdit(ports, input),
    denyRequest: (input) => denyRequest(ports, input),
    cancelRequest: (input) => cancelRequest(ports, input),
    endDeactivated: (input) => endDeactivated(ports, input),
    whoHas: (input) => whoHas(ports, input),
    nudge: (input) => nudge(ports, input),
    homeOf: (input) => homeOf(ports, input),
    changesSince: (input) => changesSince(ports, input),
    findOwnRequest: (input) => findOwnRequest(ports, input),
    checkReviewer: (input) => checkReviewer(ports, input),
    reviewRequest: (input) => reviewRequest(ports, input),
    pressStart: (input) => pressStart(ports, input),
    keepGrant: (input) => keepGrant(ports, input),
    clockOf: (input) => clockOf(ports, input),
    returnGrant: (input) => returnGrant(ports, input),
    extendGrant: (input) => extendGrant(ports, input),
    findExtension: (input) => findExtension(ports, input),
    findOwnGrant: (input) => findOwnGrant(ports, input),
    findRevocable: (input) => findRevocable(ports, input),
    revokeGrants: (input) => revokeGrants(ports, input),
    revokeDisallowed: (input) => revokeDisallowed(ports, input),
    findFailing: (input) => findFailing(ports, input),
    retryRevocation: (input) => retryRevocation(ports, input),
    resolveGrant: (input) => resolveGrant(ports, input),
    retryTarget: (input) => retryTarget(ports, input),
    resolveTarget: (input) => resolveTarget(ports, input),
    countFailing: async ({ workspace, target }) => (await ports.store.reads(workspace).failingOn(target, 0)).total,
    findDrift: (input) => findDrift(ports, input),
    decideDrift: (input) => decideDrift(ports, input),
    proofOf: (input) => proofOf(ports, input),
    statusOf: (input) => statusOf(ports, input),
    findCard: async ({ workspace, requestId }) =>
      (await ports.store.reads(workspace).card(requestId, 'decision'))?.ref ?? null,
  };
}
