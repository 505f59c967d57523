import { type Actor, type Desk, explain, openThenLook } from '../desk.ts';
import type { Reach } from '../screen.ts';
import { noticeModal } from '../views/notice-modal.ts';
import { revokeForm } from '../views/revoke-form.ts';
import type { Command } from './parse.ts';

/** Shows what would end, before anything does. */
export function openRevoke(
  desk: Desk,
  { actor, reach, triggerId }: { readonly actor: Actor; readonly reach: Reach; readonly triggerId: string },
  { holder, role }: Extract<Command, { kind: 'revoke' }>,
): Promise<void> {
  return openThenLook(desk, reach, triggerId, async () => {
    const found = await desk.usecases().findRevocable({ ...actor, holder, role });
    if (!found.ok) return noticeModal(await explain(desk, actor, found.refusal), desk.text);
    return revokeForm(holder, found, desk.text);
  });
}
