import { CHAIN_START, verifyChain } from '../../src/domain/audit.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { readEvent } from '../../src/store/audit-rows.ts';
import type { Story, StoryEvent, Thread } from './model.ts';
import { GRANT_SINCE, REQUEST_SINCE } from './since.ts';
import { requestOnCard } from './watch.ts';
import type { FaultWorld } from './world.ts';

/** Up to where the audit's chain was verified. */
export interface ChainEnd {
  sequence: number;
  hash: string;
}

export const chainBegin = (): ChainEnd => ({ sequence: 0, hash: CHAIN_START });

/** What is wrong with the chain behind its verified end, which moves on; null: nothing. */
export async function chainFault({ store }: Pick<FaultWorld, 'store'>, end: ChainEnd): Promise<string | null> {
  const { events, head } = await chainBehind(store, end);
  const fault = verifyChain(events, end);
  if (fault) return `event ${fault.sequence} is ${fault.fault}`;
  const last = events.at(-1);
  if (last) Object.assign(end, { sequence: last.sequence, hash: last.hash });
  if (!head || (head.sequence === end.sequence && head.hash === end.hash)) return null;
  return `its head is at ${head.sequence}, and its last event is ${end.sequence}`;
}

/** The events and the head as of one moment: between two looks another event may come. */
async function chainBehind(store: FaultWorld['store'], { sequence }: ChainEnd) {
  const client = await store.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { rows } = await client.query('SELECT * FROM audit_events WHERE sequence > $1 ORDER BY sequence', [sequence]);
    const { rows: heads } = await client.query<ChainEnd>('SELECT sequence, hash FROM audit_chain_heads');
    await client.query('COMMIT');
    return { events: rows.map((row) => readEvent(row)), head: heads[0] };
  } finally {
    client.release();
  }
}

export async function storiesOf({ store }: FaultWorld, begin: number): Promise<Story[]> {
  const { rows } = await store.query<{ id: string; login: string; entitlement: string; events: RawEvent[] | null }>(
    `SELECT id, target->>'subject' AS login, target->'entitlement'->>'role' AS entitlement,
            (SELECT json_agg(json_build_object('kind', e.kind, 'at', extract(epoch FROM e.at) * 1000, 'data', e.data) ORDER BY e.sequence)
               FROM audit_events e WHERE e.grant_id = grants.id) AS events
       FROM grants WHERE ${GRANT_SINCE} ORDER BY created_at`,
    [begin],
  );
  return rows.map(({ id, login, entitlement, events }) => ({
    grant: id,
    login,
    entitlement,
    events: (events ?? []).map((event): StoryEvent => ({ ...event, at: Math.round(event.at) })),
  }));
}

interface RawEvent {
  readonly kind: string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What stands in Slack under the cards of each grant: under both, where a card was posted twice. */
export async function threadsOf(world: FaultWorld, begin: number): Promise<Thread[]> {
  const { store, workspace } = world;
  const { rows } = await store.query<{ id: string; request: string }>(
    `SELECT id, request_id AS request FROM grants WHERE ${GRANT_SINCE}`,
    [begin],
  );
  const cards = workspace
    .messages('access')
    .filter(({ user }) => user === workspace.install.botUserId)
    .slice(-CARDS_LOOKED_AT)
    .map((card) => ({ card, about: requestOnCard(world, card.channel, card.ts) }));
  return rows.map(({ id, request }) => ({
    grant: id,
    lines: cards
      .filter(({ about }) => about === request)
      .flatMap(({ card }) => workspace.thread(card))
      .map(lineOf),
  }));
}
/** Many times those of one round. */
const CARDS_LOOKED_AT = 200;

/** `3 · <time> · sentence`. */
const lineOf = ({ text }: Message): { number: number; text: string } => ({ number: Number.parseInt(text, 10), text });

/** What is not over yet, in words; '': nothing. `begin`: of the requests only those since then. */
export async function unsettled({ store }: FaultWorld, begin: number): Promise<string> {
  const { rows } = await store.query<{ what: string }>(
    `SELECT 'grant ' || id || ' of ' || (target->>'subject') || ' is ' || status || coalesce(': ' || last_error, '') AS what
       FROM grants WHERE status <> 'ended'
     UNION ALL SELECT 'request ' || id || ' is pending' FROM requests WHERE status = 'pending' AND ${REQUEST_SINCE}
     UNION ALL SELECT key || coalesce(': ' || last_error, '') FROM effects WHERE done_at IS NULL AND kind IN ('render_card', 'notify_person')`,
    [begin],
  );
  return rows.map(({ what }) => what).join('; ');
}
