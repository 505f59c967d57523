import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Target } from '../../src/sandbox/target.ts';
import { withClient } from '../../src/store/with-client.ts';
import { createTeardown } from '../../src/teardown.ts';
import { startBot } from './bot.ts';
import { addGrants, holdersOnly, type Model, readModel } from './crowd-rows.ts';
import { type Office, openOffice } from './office.ts';
import { requesters } from './requesters.ts';
import { openLine } from './send.ts';
import type { Servers } from './servers.ts';

const ROLE = 'orders-db/read';
/** What the role is on the target. */
export const TARGET_ROLE = 'orders_read';
/** Logins that are made, and members of one GRANT. */
const AT_ONCE = 1_000;
const GRANTED_LIMIT_MS = 20_000;

/** Many people who hold one role by the bot, on a target server of their own, and the bot's database that says so. */
export interface Crowd {
  readonly office: Office;
  readonly target: Target;
  readonly size: number;
  /** A copy of the database. */
  copy(): Promise<string>;
  /** Lets all of their access end at this moment, in a copy. */
  endAt(databaseUrl: string, at: Date): Promise<void>;
  /** Gives the role to everybody who does not have it, as the bot gave it. */
  giveAll(): Promise<void>;
  /** How many have it. */
  holders(): Promise<number>;
}

/** A database with one grant, asked for in Slack and given by the bot, for others to be made after. The bot is gone. */
export async function giveFirst(servers: Servers): Promise<{
  readonly office: Office;
  readonly target: Target;
  readonly databaseUrl: string;
  readonly model: Model;
}> {
  const teardown = createTeardown();
  try {
    const office = await openOffice();
    servers.atEnd(() => office.stop());
    const target = await servers.newTarget();
    const databaseUrl = await servers.newDatabase();
    const bot = await startBot(office, servers, { databaseUrl, targetUrl: target.botUrl });
    teardown.add(() => bot.stop());
    const [command] = await office.type(
      [requesters[0]?.key ?? ''],
      `/elevate ${ROLE} 2h looking at a stuck order in the shop`,
    );
    if (!command) throw new Error('Slack has sent nothing');
    const line = openLine(bot.url);
    teardown.add(() => line.close());
    await line.send(command);
    return { office, target, databaseUrl, model: await readModel(databaseUrl, GRANTED_LIMIT_MS) };
  } finally {
    await teardown.run();
  }
}

/**
 * The others are twins of the first grant, each for a login of its own: the same rows through the same store, with their links in the
 * audit chain and the same card in Slack.
 */
export async function gather(servers: Servers, size: number): Promise<Crowd> {
  const { office, target, databaseUrl: seeded, model } = await giveFirst(servers);
  await addLogins(target, size);
  const giveAll = () => giveTo(target, size);
  await giveAll();
  await addGrants(seeded, model, await holdersOnly(target, TARGET_ROLE, 'crowd_'));
  return {
    office,
    target,
    size,
    copy: () => copyOf(seeded),
    endAt,
    giveAll,
    holders: async () => (await holdersOnly(target, TARGET_ROLE, 'crowd_')).length,
  };
}

/** Logins on the target: crowd_1 and so on. */
export async function addLogins(target: Target, count: number): Promise<void> {
  await withClient(target.adminUrl, async (client) => {
    // Each new role takes a lock until the commit, of which a server has only so many.
    for (let from = 1; from <= count; from += AT_ONCE) {
      const to = Math.min(count, from + AT_ONCE - 1);
      await client.query(
        `DO $$ BEGIN FOR i IN ${from}..${to} LOOP EXECUTE format('CREATE ROLE crowd_%s LOGIN', i); END LOOP; END $$`,
      );
    }
  });
}

/** Gives the role to those of so many logins that do not have it, as the bot gives it. */
export async function giveTo(target: Target, count: number): Promise<void> {
  const held = new Set((await holdersOnly(target, TARGET_ROLE, 'crowd_')).map(({ login }) => login));
  const logins = Array.from({ length: count }, (_, index) => `crowd_${index + 1}`);
  const without = logins.filter((login) => !held.has(login));
  await withClient(target.botUrl, async (client) => {
    for (let from = 0; from < without.length; from += AT_ONCE) {
      const members = without
        .slice(from, from + AT_ONCE)
        .map(pg.escapeIdentifier)
        .join(', ');
      await client.query(
        `GRANT ${TARGET_ROLE} TO ${members} WITH INHERIT TRUE, SET TRUE, ADMIN FALSE GRANTED BY CURRENT_USER`,
      );
    }
  });
}

async function copyOf(seeded: string): Promise<string> {
  const url = new URL(seeded);
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  const admin = new URL(seeded);
  admin.pathname = '/postgres';
  await withClient(admin.href, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${url.pathname.slice(1)}`));
  url.pathname = `/${name}`;
  // It is another database, and nobody has restored it.
  await withClient(url.href, async (client) => {
    await client.query('DELETE FROM database_sightings');
    await client.query('CHECKPOINT');
  });
  return url.href;
}

export async function endAt(databaseUrl: string, at: Date): Promise<void> {
  const crowd = `(SELECT id FROM grants WHERE target ->> 'subject' LIKE 'crowd\\_%')`;
  await withClient(databaseUrl, async (client) => {
    await client.query(`UPDATE grants SET ends_at = $1, must_end_by = $1 WHERE id IN ${crowd}`, [at]);
    await client.query(
      `UPDATE effects SET due_at = $1 WHERE kind = 'revoke_grant' AND payload ->> 'grantId' IN ${crowd}`,
      [at],
    );
  });
}
