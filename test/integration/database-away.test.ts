import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createDatabaseAway, type DatabaseAway, LOOKS_UNTIL_TOLD } from '../../src/database-away.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

let world: WatchWorld;
let away: DatabaseAway;
let at = new Date('2026-03-02T03:00:00Z');
beforeEach(async () => {
  world = await startWatchWorld();
  at = new Date('2026-03-02T03:00:00Z');
  away = createDatabaseAway(world.ports, pino({ level: 'silent' }), () => at);
}, 60_000);
afterEach(() => world.stop());

const looks = async (count: number): Promise<void> => {
  for (let look = 0; look < count; look += 1) {
    await away.looked();
    at = new Date(at.getTime() + 5_000);
  }
};
const told = () => world.security().map(({ says }) => says);

it('a database of our own that is away is said once, with since when and what it means, and so is that it is back', async () => {
  await looks(LOOKS_UNTIL_TOLD);
  expect(told()).toEqual([]);
  await looks(5);
  expect(told()).toHaveLength(1);
  expect(told()[0]).toMatch(/cannot reach its own database.*03:00:00 UTC.*is not taken away/s);
  await away.seen();
  expect(told()).toHaveLength(2);
  expect(told()[1]).toContain('reaches its database again, after 1 minute 25 seconds');
});

it('a database that answers in between is nobody’s business', async () => {
  await looks(LOOKS_UNTIL_TOLD);
  await away.seen();
  await looks(LOOKS_UNTIL_TOLD);
  await away.seen();
  expect(told()).toEqual([]);
});

it('a database that comes back while that is being said is said to be back', async () => {
  await looks(LOOKS_UNTIL_TOLD);
  await Promise.all([away.looked(), away.looked(), away.seen()]);
  expect(told()).toHaveLength(2);
  expect(told()[1]).toContain('reaches its database again');
});

it('what Slack did not take is said at the next look', async () => {
  world.slack.revokeToken('token_revoked');
  await looks(LOOKS_UNTIL_TOLD + 2);
  world.slack.restoreToken();
  expect(told()).toEqual([]);
  await looks(1);
  expect(told()).toHaveLength(1);
});
