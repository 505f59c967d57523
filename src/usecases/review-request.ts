import type { RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { refOf } from '../domain/person.ts';
import { worthTelling } from '../domain/policy/lookup.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { AccessRequest } from '../domain/request.ts';
import { type ReviewCommand, transitionReview, type Verdict } from '../domain/review.ts';
import type { DecideResult } from './decision-scene.ts';
import { identify } from './identify.ts';
import { done, type Performed, type Ports } from './ports.ts';
import { reviewersOf } from './reviewers-of.ts';
import { stepRequest } from './step-request.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asked {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
  readonly requestId: RequestId;
}

/** Says whether a use of break-glass was justified. Who may is looked up again, now. */
export async function reviewRequest(
  ports: Needs,
  input: Asked & { readonly verdict: Verdict; readonly comment: string },
): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const { command } = scene;
  const step = await stepRequest(ports, input, (state, now) =>
    transitionReview(state, { ...command, verdict: input.verdict, comment: input.comment }, now),
  );
  return step.ok ? { ok: true, request: step.state } : step;
}

/** Whether this person may review now: asked before the form opens. Changes nothing. */
export async function checkReviewer(ports: Needs, input: Asked): Promise<DecideResult> {
  const scene = await setScene(ports, input);
  if (!scene.ok) return scene;
  const probe = { ...scene.command, comment: 'may I' };
  const step = transitionReview(scene.request, probe, await ports.store.now());
  return step.ok ? { ok: true, request: scene.request } : step;
}

type Close = Extract<ReviewCommand, { type: 'close' }>;

async function setScene(
  ports: Needs,
  input: Asked,
): Promise<{ ok: true; request: AccessRequest; command: Close } | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return refused({ code: 'request_not_found' });
  const { voters, unavailable } = await reviewersOf(ports, request);
  const command: Close = {
    type: 'close',
    verdict: 'justified',
    by: refOf(who.person),
    comment: '',
    seat: voters.get(input.user) ?? null,
    unavailable: worthTelling(unavailable),
  };
  return { ok: true, request, command };
}

/** The review still waits: its thread is told, and past its time the security channel as well. */
export async function remindReview(
  ports: Needs,
  input: { readonly workspace: WorkspaceId; readonly requestId: RequestId },
): Promise<Performed> {
  // A refusal means that somebody has reviewed it.
  await stepRequest(ports, input, (state, now) => transitionReview(state, { type: 'remind' }, now));
  return done;
}
