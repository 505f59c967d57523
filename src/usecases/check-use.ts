import { transitionGrant } from '../domain/grant.ts';
import type { GrantId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { refused } from '../domain/refusal.ts';
import type { EndResult } from './end-grant.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { stepGrant } from './step-grant.ts';

interface Input {
  readonly workspace: WorkspaceId;
  readonly grantId: GrantId;
}

/**
 * Asks the target whether anybody uses the access, and ends it when nobody did for as long as the role says. A target that cannot be
 * asked throws `Outage`, and is asked again: nobody loses access because of what nobody could see.
 */
export async function checkUse(ports: Pick<Ports, 'store' | 'connectors'>, input: Input): Promise<Performed> {
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (grant?.status !== 'active' || grant.unusedAfterSeconds === null || !grant.activatedAt) return done;
  const { connector: name, connectorType, connection, entitlement, subject, resolved } = grant.target;
  if (!resolved) return done;
  const connector = ports.connectors.get(name, connectorType, connection);
  const now = await ports.store.now();
  const withinSeconds = (now.getTime() - grant.activatedAt.getTime()) / 1000;
  const used = await connector.inUse({ entitlement, subject, resolved }, withinSeconds);
  // A refusal means that it ended meanwhile.
  await stepGrant(ports, input, (state, at) =>
    transitionGrant(state, { type: 'observe_use', usedAt: used ? now : null }, at),
  );
  return done;
}

/** The holder says that they use it: it does not end for want of use for now. */
export async function keepGrant(
  ports: Pick<Ports, 'store'>,
  input: Input & { readonly user: SlackUserId },
): Promise<EndResult> {
  const grant = await ports.store.reads(input.workspace).grant(input.grantId);
  if (!grant) return refused({ code: 'grant_not_found' });
  if (grant.holder.slackUserId !== input.user) return refused({ code: 'not_the_requester' });
  const step = await stepGrant(ports, input, (state, now) =>
    transitionGrant(state, { type: 'keep', by: state.holder }, now),
  );
  return step.ok ? { ok: true, grant: step.state } : step;
}
