import { setTimeout as wait } from 'node:timers/promises';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import type { Said, Sample } from './model.ts';
import { REQUEST_SINCE } from './since.ts';
import type { FaultWorld } from './world.ts';

const LOOK_EVERY_MS = 40;
const ASK_AGAIN_MS = 50;

/** Looks at the target, the database and Slack all the time while a round goes on. */
export interface Watch {
  readonly samples: readonly Sample[];
  readonly said: readonly Said[];
  readonly unscheduled: ReadonlySet<string>;
  /** Resolves when the last look is done and everything that was said has been looked up. */
  stop(): Promise<void>;
  /** Looks no more, and waits for nothing: the round failed. */
  giveUp(): void;
}

/** What a sentence needs to be true, by how it begins or what is in it. */
const NEEDS: readonly (readonly [RegExp, string])[] = [
  [/Granted and read back on the target/, 'grant.activated'],
  [/^You now have /, 'grant.activated'],
  [/It could not be set up/, 'grant.provisioning_failed'],
  [/Extended by /, 'grant.extended'],
  [/it is being taken away/, 'grant.revocation_started'],
  [/Taking it away failed/, 'grant.revocation_failed'],
  [/could not be removed yet/, 'grant.revocation_failed'],
  [/Ended, and read back as gone|Ended\. The same access/, 'grant.ended'],
  [/^Your access to .* has ended/, 'grant.ended'],
  [/nothing of it is left on the target/, 'grant.ended'],
];

/** One message tells of many ends: how many, and since when in seconds since the epoch. */
const MANY_ENDS = /\*(\d+) grants ended\* between <!date\^(\d+)/;

/** `begin`: the audit's last event before the round. */
export function watch(world: FaultWorld, begin: number): Watch {
  const samples: Sample[] = [];
  const said: Said[] = [];
  const unscheduled = new Set<string>();
  const lookingUp = new Set<Promise<void>>();
  let stopped = false;

  const hear = (message: Message): void => {
    if (message.user !== world.workspace.install.botUserId) return;
    const text = message.text;
    const many = MANY_ENDS.exec(text);
    const needs = many ? `${many[1]} grant.ended` : NEEDS.find(([pattern]) => pattern.test(text))?.[1];
    if (needs === undefined) return;
    const asking = many
      ? endedSince(world, Number(many[2])).then((ended) =>
          ended < Number(many[1]) ? [`${ended} grant.ended`] : [needs],
        )
      : committedFor(world, message, begin);
    const looked = asking.then((committed) => {
      if (committed !== null) said.push({ text, needs, committed });
    });
    lookingUp.add(looked);
    void looked.finally(() => lookingUp.delete(looked));
  };
  const stopListening = world.workspace.onChange((change) => {
    if (change.type !== 'message') return;
    const message = world.workspace.message(change);
    if (message) hear(message);
  });

  const looking = (async () => {
    while (!stopped) {
      await Promise.all([sample(world, samples), findUnscheduled(world, unscheduled)]);
      await wait(LOOK_EVERY_MS);
    }
  })();
  // Whoever stops hears of it.
  looking.catch(() => undefined);
  const end = (): void => {
    stopped = true;
    stopListening();
  };

  return {
    samples,
    said,
    unscheduled,
    async stop() {
      end();
      await looking;
      await Promise.all(lookingUp);
    },
    giveUp: end,
  };
}

const HELD = `
  SELECT m.rolname || '/' || r.rolname || '/' || g.rolname AS held,
         'admin ' || a.admin_option || ' inherit ' || a.inherit_option || ' set ' || a.set_option AS options
    FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles g ON g.oid = a.grantor
   WHERE m.rolname ~ '^p[0-9]+$' ORDER BY 1`;

/** `login/entitlement/grantor/options` of everybody. */
export async function heldOn(world: FaultWorld): Promise<string[]> {
  const { rows } = await world.target.query<{ held: string; options: string }>(HELD);
  return rows.map(({ held, options }) => `${held}/${options}`);
}

async function sample(world: FaultWorld, into: Sample[]): Promise<void> {
  const offsetBefore = world.offsetMs();
  const from = Date.now();
  const { rows } = await world.target.query<{ held: string }>(HELD);
  // A look during which the clock was moved has no time.
  if (offsetBefore !== world.offsetMs()) return;
  into.push({
    from: from + offsetBefore,
    until: Date.now() + offsetBefore,
    held: new Set(rows.map(({ held }) => held)),
  });
}

/** One statement is one snapshot. The database may be away: then there is nothing to see. */
async function findUnscheduled(world: FaultWorld, into: Set<string>): Promise<void> {
  const found = await world.store
    .query<{ id: string }>(
      `SELECT id FROM grants g WHERE status <> 'ended'
         AND NOT EXISTS (SELECT FROM effects e WHERE e.key = 'revoke_grant/' || g.id AND e.done_at IS NULL)`,
    )
    .catch(() => null);
  for (const { id } of found?.rows ?? []) into.add(id);
}

/** The kinds that are committed about what a message is about; null: it is about nothing that is known. Waits for the database. */
async function committedFor(world: FaultWorld, message: Message, begin: number): Promise<string[] | null> {
  const request = message.threadTs === undefined ? null : requestOnCard(world, message.channel, message.threadTs);
  const person = personOf(world, message);
  if (request === null && person === null) return null;
  const [which, values] = request === null ? [ABOUT_PERSON, [begin, person, message.text]] : ['$1', [request]];
  const rows = await asked<{ kind: string }>(
    world,
    `SELECT kind FROM audit_events WHERE request_id IN (${which})`,
    values,
  );
  return rows.map(({ kind }) => kind);
}

/** How many grants have ended from then on, in seconds since the epoch. Waits for the database. */
async function endedSince(world: FaultWorld, since: number): Promise<number> {
  const ended = "SELECT count(*)::int AS ended FROM audit_events WHERE kind = 'grant.ended' AND at >= to_timestamp($1)";
  const [row] = await asked<{ ended: number }>(world, ended, [since]);
  return row?.ended ?? 0;
}

async function asked<R extends object>(world: FaultWorld, text: string, values: readonly unknown[]): Promise<R[]> {
  for (;;) {
    const found = await world.store.query<R>(text, [...values]).catch(() => null);
    if (found) return found.rows;
    if (world.store.ended) return [];
    await wait(ASK_AGAIN_MS);
  }
}

/** A card names its request; two cards of one request do, where the first one's place was not heard. */
export function requestOnCard({ workspace }: FaultWorld, channel: string, ts: string): string | null {
  return /\breq_[a-z0-9]+/.exec(JSON.stringify(workspace.message({ channel, ts })?.blocks ?? []))?.[0] ?? null;
}

/** A direct message names the role by its title. */
const ABOUT_PERSON = `
  SELECT id FROM requests WHERE requester_id = $2 AND position(role->>'title' in $3) > 0 AND ${REQUEST_SINCE}`;

/** Whom a direct message went to. */
function personOf({ workspace }: FaultWorld, { channel }: Message): string | null {
  const found = workspace.channels().find(({ id }) => id === channel);
  return found?.userId ?? null;
}
