import { slackUserId } from '../../domain/ids.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { FIELD } from '../action-ids.ts';
import { asPlain } from '../blocks.ts';
import { readDrift, readGrant, readTarget } from '../button-value.ts';
import { type Actor, type Desk, explain } from '../desk.ts';
import { blockOf, fieldOf, type SubmissionPayload, type ViewPayload } from '../payloads.ts';
import { type Outcome, say } from './submission.ts';

/** Mark resolved: the target is asked first, and what it says decides. */
export async function submitResolveForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const grantId = readGrant(view.private_metadata);
  if (grantId === null) return refusedWith(desk, actor, { code: 'grant_not_found' });
  const reason = fieldOf(view, FIELD.reason) ?? '';
  const resolved = await desk.usecases().resolveGrant({ ...actor, grantId, reason });
  const words = desk.text.watch.resolve;
  if (resolved.ok) {
    return say('lookAgainAt' in resolved ? words.unproven(resolved.lookAgainAt) : words.done(resolved.grant));
  }
  if (resolved.refusal.code === 'resolve_reason_missing') return atField(desk, view, FIELD.reason, resolved.refusal);
  return refusedWith(desk, actor, resolved.refusal);
}

/** Mark all resolved: the same for each that fails on a target. */
export async function submitResolveAllForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const target = readTarget(view.private_metadata);
  if (target === null) return refusedWith(desk, actor, { code: 'grant_not_found' });
  const reason = fieldOf(view, FIELD.reason) ?? '';
  const resolved = await desk.usecases().resolveTarget({ ...actor, target, reason });
  if (resolved.ok) return say(desk.text.watch.resolve.doneAll(resolved));
  if (resolved.refusal.code === 'resolve_reason_missing') return atField(desk, view, FIELD.reason, resolved.refusal);
  return refusedWith(desk, actor, resolved.refusal);
}

export async function submitAcceptForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const owner = fieldOf(view, FIELD.owner);
  const reviewAt = dayOf(view);
  if (owner === null || reviewAt === null) return atField(desk, view, FIELD.date, { code: 'review_date_invalid' });
  return decide(desk, actor, view, { type: 'accept', owner: slackUserId(owner), reviewAt });
}

export async function submitIgnoreForm(desk: Desk, actor: Actor, { view }: SubmissionPayload): Promise<Outcome> {
  const until = dayOf(view);
  if (until === null) return atField(desk, view, FIELD.date, { code: 'review_date_invalid' });
  return decide(desk, actor, view, { type: 'ignore', until });
}

type Answer = Parameters<ReturnType<Desk['usecases']>['decideDrift']>[0]['answer'];

async function decide(desk: Desk, actor: Actor, view: ViewPayload, answer: Answer): Promise<Outcome> {
  const driftId = readDrift(view.private_metadata);
  if (driftId === null) return refusedWith(desk, actor, { code: 'drift_not_found' });
  const decided = await desk.usecases().decideDrift({ ...actor, driftId, answer });
  if (decided.ok) return { kind: 'close', said: desk.text.watch.drift.saved };
  if (decided.refusal.code === 'drift_owner_unfit') return atField(desk, view, FIELD.owner, decided.refusal);
  if (decided.refusal.code === 'review_date_invalid') return atField(desk, view, FIELD.date, decided.refusal);
  return refusedWith(desk, actor, decided.refusal);
}

/** The end of the day that was picked, in UTC. */
function dayOf(view: ViewPayload): Date | null {
  const day = fieldOf(view, FIELD.date);
  if (day === null || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return null;
  const at = new Date(`${day}T23:59:59.000Z`);
  return Number.isNaN(at.getTime()) ? null : at;
}

const atField = (desk: Desk, view: ViewPayload, field: string, refusal: Refusal): Outcome => ({
  kind: 'errors',
  errors: { [blockOf(view, field)]: asPlain(desk.text.refusal(refusal)) },
});
const refusedWith = async (desk: Desk, actor: Actor, refusal: Refusal): Promise<Outcome> =>
  say(await explain(desk, actor, refusal));
