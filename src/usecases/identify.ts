import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import type { Ports } from './ports.ts';

/**
 * Who is asking. Only members of the workspace itself may ask or decide, and only while their email is the one that was
 * bound to their Slack user when it was first seen (POLICY.md 17).
 */
export async function identify(
  ports: Pick<Ports, 'directory' | 'store'>,
  workspace: WorkspaceId,
  user: SlackUserId,
): Promise<{ ok: true; person: Person } | { ok: false; refusal: Refusal }> {
  const person = await ports.directory.person(workspace, user);
  if (!person) return refused({ code: 'person_may_not_use', standing: 'stranger' });
  if (person.standing !== 'member') return refused({ code: 'person_may_not_use', standing: person.standing });
  if ((await ports.store.people.bind(person)) === 'conflict') {
    return refused({ code: 'email_changed', email: person.email });
  }
  return { ok: true, person };
}
