import { randomUUID } from 'node:crypto';
import { createGrant } from '../../src/domain/grant.ts';
import { grantId, requestId, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import type { PersonRef } from '../../src/domain/person.ts';
import { type AccessRequest, type submit, transitionRequest } from '../../src/domain/request.ts';
import type { Change, Store, Tx } from '../../src/usecases/ports.ts';
import { aStage, submission } from './domain.ts';

const shortId = (): string => randomUUID().replaceAll('-', '').slice(0, 16);

/** A workspace of one test's own, so that tests share a database without meeting. */
export const aWorkspace = () => workspaceId(`T${shortId()}`);
export const aPersonRef = (id: string): PersonRef => ({
  slackUserId: slackUserId(id),
  email: `${id}@example.com`.toLowerCase(),
  name: id,
});

type Submission = ReturnType<typeof submit>;

/** A submission with ids of its own, waiting for one approval. */
export function aSubmission(parts: Partial<AccessRequest> = {}): Submission {
  const made = submission(parts.stages ?? [aStage(1, 'dba')]);
  const own = { id: requestId(`req_${shortId()}`), origin: `view/${shortId()}`, ...parts };
  const retarget = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll(made.state.id, own.id), revive);
  return { state: { ...made.state, ...own }, events: retarget(made.events), effects: retarget(made.effects) };
}

const revive = (key: string, value: unknown): unknown =>
  (key === 'at' || key === 'dueAt') && typeof value === 'string' ? new Date(value) : value;

export const changeOf = ({ state, events, effects }: Submission): Change => ({ requests: [state], events, effects });

/** Submits and approves by policy in one transaction, which makes a grant on the way to its target. */
export async function saveGranted(store: Store, parts: Partial<AccessRequest> = {}) {
  const made = aSubmission({ stages: [], ...parts });
  const id = grantId(`grt_${shortId()}`);
  await store.transaction(made.state.workspaceId, (tx: Tx) => {
    const step = transitionRequest(made.state, { type: 'approve_by_policy' }, tx.now);
    if (!step.ok) throw new Error(step.refusal.code);
    const grant = createGrant(id, step.state, { host: 'db.internal' }, tx.now);
    return tx.save({
      requests: [step.state],
      grants: [grant.state],
      events: [...made.events, ...step.events, ...grant.events],
      effects: [...made.effects, ...step.effects, ...grant.effects],
    });
  });
  const reads = store.reads(made.state.workspaceId);
  const [request, grant] = await Promise.all([reads.request(made.state.id), reads.grant(id)]);
  if (!request || !grant) throw new Error('What was just saved is not there');
  return { request, grant };
}
