import { schedule } from '../domain/effect.ts';
import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import { passes } from '../domain/policy/lookup.ts';
import { transitionReview } from '../domain/review.ts';
import { backoffMs, SCREEN_BACKOFF } from './backoff.ts';
import { orGone, postInFirst } from './first-channel.ts';
import { keepNotice } from './notices.ts';
import { done, type Performed, type Ports, type RequestView } from './ports.ts';
import { viewOf } from './render-card.ts';
import { reviewersOf } from './reviewers-of.ts';
import { stepRequest } from './step-request.ts';

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'>;
interface Input {
  readonly workspace: WorkspaceId;
  readonly requestId: RequestId;
}

/**
 * Break-glass was used, or its review is overdue: the security channel hears of it. Where that one is gone for good, the next of the role's
 * and the policy's own that is not says so too; without any, each of those who may review it gets a message.
 */
export async function alertBreakGlass(ports: Needs, input: Input): Promise<Performed> {
  const view = await viewOf(ports, input.workspace, input.requestId);
  if (!view) return done;
  const { channels, defaults } = ports.policies.current();
  const places = [channels.security, view.request.role.channel, defaults.channel];
  const told = await orGone(() =>
    postInFirst(places, async (channel, instead) => {
      const ref = await ports.messenger.alertBreakGlass(channel, view, instead);
      await keepNotice(ports, view, 'break_glass_alert', ref);
    }),
  );
  if (told === 'gone') await writeToReviewers(ports, view);
  return done;
}

async function writeToReviewers(ports: Needs, { request, approvers, now }: RequestView): Promise<void> {
  const use = request.breakGlass;
  if (use?.review?.status !== 'due') return;
  const overdue = now >= use.review.dueAt;
  // At the first alarm those whom it concerns are written to anyway.
  const to = overdue ? approvers : approvers.filter((user) => !use.told.includes(user));
  const notice = overdue ? 'review_overdue' : 'break_glass_used';
  const effects = to.map((user) => schedule({ kind: 'notify_person', notice, to: user, requestId: request.id }, now));
  await ports.store.transaction(request.workspaceId, (tx) => tx.save({ effects }));
}

/**
 * Everybody whom a use of break-glass concerns gets a message, each once: those of its groups, and whoever decides for one of them who is
 * away. A group that nobody can look up for now keeps nobody else waiting, and is looked up again.
 */
export async function tellBreakGlass(
  ports: Pick<Ports, 'store' | 'directory' | 'policies'>,
  input: Input,
  attempts: number,
): Promise<Performed> {
  const request = await ports.store.reads(input.workspace).request(input.requestId);
  if (!request) return done;
  const { concerned, unavailable } = await reviewersOf(ports, request);
  // A refusal means that somebody has reviewed it.
  const step = await stepRequest(ports, input, (state, now) =>
    transitionReview(state, { type: 'tell', to: concerned }, now),
  );
  if (!step.ok || !unavailable.some(passes)) return done;
  const error = 'Not everybody whom break-glass concerns could be looked up';
  return { done: false, retryInMs: backoffMs(SCREEN_BACKOFF, attempts), error };
}
