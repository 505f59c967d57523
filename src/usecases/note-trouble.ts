import type { AuditFact } from '../domain/audit.ts';
import { cancel, type Effect, schedule, type Trouble } from '../domain/effect.ts';
import { transitionGrant } from '../domain/grant.ts';
import type { GrantId } from '../domain/ids.ts';
import { bySystem } from '../domain/person.ts';
import { done, type Performed, type Ports, type Tx } from './ports.ts';
import { saveStep } from './step-grant.ts';

type NoteTrouble = Extract<Effect, { kind: 'note_trouble' }>;

/** Grants whose ends are moved in one transaction. */
const GRANTS_PAGE = 100;

/**
 * Writes into the audit what happened to our own database, and has it said. Where its clock went back, the ends of access go back
 * first, page by page: each page is saved with the place up to which it came, so that no grant is left out and none is moved twice, also
 * by somebody who has lost the effect to another in the meantime.
 */
export async function noteTrouble(ports: Pick<Ports, 'store'>, claimed: NoteTrouble): Promise<Performed> {
  const step = async (tx: Tx): Promise<boolean> => {
    const effect = await tx.pendingForUpdate(claimed);
    if (effect?.kind !== 'note_trouble') return true;
    const { trouble } = effect;
    if (trouble.what !== 'clock_went_back') return conclude(tx, effect, trouble);
    const { moved, next } = await moveEnds(tx, effect.after, trouble.seconds);
    const grantsMoved = trouble.grantsMoved + moved;
    if (next === null) return conclude(tx, effect, { ...trouble, grantsMoved });
    const rest = { ...effect, trouble: { ...trouble, grantsMoved }, after: next };
    await tx.save({ effects: [schedule(rest, tx.now)] });
    return false;
  };
  while (!(await ports.store.transaction(claimed.workspaceId, step)));
  return done;
}

async function moveEnds(
  tx: Tx,
  after: GrantId | null,
  bySeconds: number,
): Promise<{ moved: number; next: GrantId | null }> {
  const page = await tx.grantsThatMayExist(after, GRANTS_PAGE);
  let moved = 0;
  for (const grant of await tx.grantsForUpdate(page)) {
    const step = transitionGrant(grant, { type: 'clock_went_back', bySeconds }, tx.now);
    if (!step.ok) continue;
    await saveStep(tx, grant, step);
    if (step.state !== grant) moved += 1;
  }
  return { moved, next: page.length < GRANTS_PAGE ? null : (page.at(-1) ?? null) };
}

async function conclude(tx: Tx, effect: NoteTrouble, trouble: Trouble): Promise<true> {
  const { workspaceId, id } = effect;
  await tx.save({
    events: [{ ...factOf(trouble), at: tx.now, actor: bySystem('start'), requestId: null, grantId: null }],
    effects: [
      cancel(effect),
      schedule({ kind: 'announce_trouble', workspaceId, trouble, id }, tx.now),
      schedule({ kind: 'reconcile', workspaceId }, tx.now),
    ],
  });
  return true;
}

function factOf(trouble: Trouble): AuditFact {
  switch (trouble.what) {
    case 'database_restored': {
      const { was, is, knowsUntil } = trouble;
      return { kind: 'database.restored', data: { was, is, knowsUntil: knowsUntil?.toISOString() ?? null } };
    }
    case 'clock_went_back':
      return {
        kind: 'clock.moved',
        data: { bySeconds: -trouble.seconds, exact: trouble.exact, grantsMoved: trouble.grantsMoved },
      };
    case 'clock_jumped_ahead':
      return { kind: 'clock.moved', data: { bySeconds: trouble.seconds, exact: true, grantsMoved: 0 } };
  }
}
