import { context, section } from '../blocks.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';

/** `/elevate why ROLE [DURATION]`: what the policy says to whoever types it, and why. */
export async function tellWhy(
  desk: Desk,
  actor: Actor,
  reach: Reach,
  asked: { readonly role: string | null; readonly durationSeconds: number | null },
): Promise<void> {
  if (asked.role === null) return desk.screen.tell(reach, plainMessage(desk.text.policy.whyWhat));
  const { role, durationSeconds } = asked;
  const found = await desk.usecases().explainRole({ ...actor, role, durationSeconds, ticket: null });
  if (!found.ok) return refuse(desk, reach, actor, found.refusal);
  const text = desk.text.policy.why(found.explanation);
  const detail = desk.text.policy.whyDetail(found.explanation);
  await desk.screen.tell(reach, { text, blocks: [section(text), ...(detail === '' ? [] : [context(detail)])] });
}
