import type { AuditEvent } from '../domain/audit.ts';
import type { Grant } from '../domain/grant.ts';
import { type GrantId, requestId, type WorkspaceId } from '../domain/ids.ts';
import type { AccessRequest } from '../domain/request.ts';
import type { HoldingNote, Ports } from './ports.ts';

/** Everything that shows what became of a grant: what was meant, what was done on the target, and what the target said. */
export interface Proof {
  readonly request: AccessRequest;
  readonly grant: Grant;
  /** Of the grant and its request, and of the requests that made it longer, oldest first. */
  readonly events: readonly AuditEvent[];
  /** What was there before us; null: never noted, or put back and over. */
  readonly note: HoldingNote | null;
  readonly now: Date;
}

export async function proofOf(
  ports: Pick<Ports, 'store'>,
  { workspace, grantId }: { readonly workspace: WorkspaceId; readonly grantId: GrantId },
): Promise<Proof | null> {
  const reads = ports.store.reads(workspace);
  const grant = await reads.grant(grantId);
  const request = grant && (await reads.request(grant.requestId));
  if (!grant || !request) return null;
  const key = grant.target.resolved?.key;
  const [events, note, now] = await Promise.all([
    reads.eventsOf(request.id),
    key === undefined ? null : reads.note(key),
    ports.store.now(),
  ]);
  const extending = [...new Set(events.flatMap((event) => (event.kind === 'grant.extended' ? [event.data.by] : [])))];
  const more = await Promise.all(extending.map((id) => reads.eventsOf(requestId(id))));
  const all = [...events, ...more.flat()].sort((a, b) => a.sequence - b.sequence);
  return { request, grant, events: all, note, now };
}
