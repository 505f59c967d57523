import { groupBy } from '../domain/group-by.ts';
import { alertRevocation } from './alert-revocation.ts';
import { alertTarget } from './alert-target.ts';
import { announceBlind } from './announce-blind.ts';
import { announceChannel } from './announce-channel.ts';
import { announceEnds } from './announce-ends.ts';
import { expireRequest, remindApprovers } from './cancel-request.ts';
import { checkPeople } from './check-people.ts';
import { checkUse } from './check-use.ts';
import { endOnTime } from './end-on-time.ts';
import { escalateRequest } from './escalate-request.ts';
import { announceDelegation, endDelegation } from './go-away.ts';
import { renewExpiry } from './native-expiry.ts';
import { noteTrouble } from './note-trouble.ts';
import { announcePause } from './pause-reconciler.ts';
import type { ClaimedEffect, Early, Performed, Ports } from './ports.ts';
import { provisionGrant } from './provision-grant.ts';
import { takeTurn } from './reconcile.ts';
import { renderCard } from './render-card.ts';
import { renderDrift } from './render-drift.ts';
import { remindReview } from './review-request.ts';
import { revokeGrant } from './revoke-grant.ts';
import { revokeMany } from './revoke-many.ts';
import { startGrant } from './start-grant.ts';
import { announceExpiry, notifyPerson } from './tell.ts';
import { alertBreakGlass, tellBreakGlass } from './tell-break-glass.ts';
import { announceTrouble } from './watch-database.ts';
import { watchGrant } from './watch-grant.ts';

/**
 * Carries out one effect. Every performer reads the present state first and is harmless twice. Throws `Outage` when the world
 * outside failed; whoever calls it puts the effect back.
 */
export function perform(ports: Ports, { effect, workspaceId: workspace, attempts }: ClaimedEffect): Promise<Performed> {
  switch (effect.kind) {
    case 'start_grant':
      return startGrant(ports, { workspace, grantId: effect.grantId });
    case 'check_use':
      return checkUse(ports, { workspace, grantId: effect.grantId });
    case 'provision_grant':
      return provisionGrant(ports, { workspace, grantId: effect.grantId });
    case 'revoke_grant':
      return revokeGrant(ports, { workspace, grantId: effect.grantId });
    case 'renew_expiry':
      return renewExpiry(ports, { workspace, grantId: effect.grantId }, attempts);
    case 'expire_request':
      return expireRequest(ports, { workspace, requestId: effect.requestId });
    case 'alert_break_glass':
      return alertBreakGlass(ports, { workspace, requestId: effect.requestId });
    case 'tell_break_glass':
      return tellBreakGlass(ports, { workspace, requestId: effect.requestId }, attempts);
    case 'remind_approvers':
      return remindApprovers(ports, { workspace, requestId: effect.requestId });
    case 'escalate_request':
      return escalateRequest(ports, { workspace, requestId: effect.requestId });
    case 'remind_review':
      return remindReview(ports, { workspace, requestId: effect.requestId });
    case 'announce_expiry':
      return announceExpiry(ports, { workspace, grantId: effect.grantId });
    case 'render_card':
      return renderCard(ports, { workspace, requestId: effect.requestId }, attempts);
    case 'notify_person':
      return notifyPerson(ports, workspace, effect);
    case 'alert_revocation':
      return alertRevocation(ports, { workspace, grantId: effect.grantId });
    case 'alert_target':
      return alertTarget(ports, { workspace, target: effect.target });
    case 'watch_grant':
      return watchGrant(ports, { workspace, grantId: effect.grantId }, attempts);
    case 'check_people':
      return checkPeople(ports, workspace, effect.after);
    case 'reconcile':
      return takeTurn(ports, workspace);
    case 'render_drift':
      return renderDrift(ports, { workspace, system: effect.system });
    case 'announce_delegation':
      return announceDelegation(ports, { workspace, person: effect.person });
    case 'end_delegation':
      return endDelegation(ports, { workspace, person: effect.person });
    case 'announce_pause':
      return announcePause(ports, workspace);
    case 'announce_blind':
      return announceBlind(ports, { workspace, connector: effect.connector });
    case 'announce_ends':
      return announceEnds(ports, { workspace, channel: effect.channel });
    case 'announce_channel':
      return announceChannel(ports, effect);
    case 'note_trouble':
      return noteTrouble(ports, effect);
    case 'announce_trouble':
      return announceTrouble(ports, effect.trouble);
  }
}

/** Carries out an effect punctually that was taken in hand before its time. false: nothing was done, and `perform` does it at its time. */
export function performEarly(
  ports: Ports,
  { effect, workspaceId: workspace }: ClaimedEffect,
  early: Early,
): Promise<boolean> {
  return effect.kind === 'revoke_grant'
    ? endOnTime(ports, { workspace, grantId: effect.grantId }, early)
    : Promise.resolve(false);
}

/** The same for ends of access on one target, together. The keys of those that need nothing more now; the others are performed one by one. */
export async function performEnds(
  ports: Ports,
  claimed: readonly ClaimedEffect[],
): Promise<{ readonly settled: ReadonlySet<string>; readonly batched: boolean }> {
  const settled = new Set<string>();
  let batched = true;
  for (const [workspace, mine] of groupBy(claimed, ({ workspaceId }) => workspaceId)) {
    const keys = new Map(
      mine.flatMap(({ effect, key }) => (effect.kind === 'revoke_grant' ? [[effect.grantId, key] as const] : [])),
    );
    const many = await revokeMany(ports, { workspace, grantIds: [...keys.keys()] });
    batched &&= many.batched;
    for (const [grantId, key] of keys) if (many.settled.has(grantId)) settled.add(key);
  }
  return { settled, batched };
}
