import type { AuditEvent } from '../domain/audit.ts';
import { asOutage } from './outage.ts';
import type { Card, Ports, RequestView, ThreadKind } from './ports.ts';

type Needs = Pick<Ports, 'store' | 'messenger'>;

export const saveCard = (ports: Pick<Ports, 'store'>, card: Card): Promise<void> =>
  ports.store.transaction(card.workspaceId, (tx) => tx.saveCard(card));

/**
 * Posts the lines that are missing, in the order of the events. Each is noted before it is sent and when it has arrived, so that after a
 * crash no line is missing, and one that may stand there twice says so. `view` must be at least as new as the events. Returns whether
 * there were new ones.
 */
export async function tellThread(
  ports: Needs,
  card: Card,
  view: RequestView,
  events: readonly AuditEvent[],
  kind: ThreadKind,
): Promise<boolean> {
  if (card.ref === null) return false;
  const { ref } = card;
  let kept = card;
  const keep = async (eventsTold: number, lineBegun: number | null): Promise<void> => {
    kept = { ...kept, eventsTold, lineBegun };
    await saveCard(ports, kept);
  };
  // Readers see a gap in the numbers as a line that was lost, so only what is told counts.
  const lines = events
    .flatMap((event, index) => (ports.messenger.tells(event, view, kind) ? [{ event, index }] : []))
    .map((line, position) => ({ ...line, number: position + 1 }))
    .filter(({ index }) => index >= card.eventsTold);
  for (const [position, { event, index, number }] of lines.entries()) {
    const again = card.lineBegun === index;
    if (kept.lineBegun !== index) await keep(kept.eventsTold, index);
    try {
      await ports.messenger.postThreadLine(ref, { kind, number, again }, event, view);
    } catch (error) {
      // What surely did not arrive was not said.
      if (!again && asOutage(error).kind !== 'unknown_outcome') await keep(kept.eventsTold, null);
      throw error;
    }
    await keep(index + 1, lines[position + 1]?.index ?? null);
  }
  // Events without a line are told with the next one that has one, or here.
  if (kept.eventsTold < events.length) await keep(events.length, null);
  return events.length > card.eventsTold;
}
