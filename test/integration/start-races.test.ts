import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { GrantId } from '../../src/domain/ids.ts';
import { startGrant } from '../../src/usecases/start-grant.ts';
import { type RaceWorld, ROUNDS, startRaceWorld, TIME_LIMIT_MS } from '../support/race-world.ts';

const ROLES = `  admins/later:
    title: Started later
    entitlement: { group: admins, level: member }
    subject: requester.email
    start_within: 8h
    rules: [{ name: all, then: approve }]`;

let world: RaceWorld['world'];
let use: RaceWorld['use'];
beforeAll(async () => {
  ({ world, use } = await startRaceWorld(ROLES));
}, 60_000);
afterAll(() => world?.stop());

let asked = 0;
async function approvedForLater(): Promise<GrantId> {
  asked += 1;
  const made = await use.submitRequest({
    workspace: world.workspace,
    user: world.user('dev'),
    role: 'admins/later',
    durationSeconds: null,
    startsAt: null,
    endsBy: null,
    reason: 'two buttons at once',
    ticket: null,
    origin: `start-race/${asked}`,
    channel: null,
    extend: null,
    breakGlass: false,
  });
  if (!made.ok) throw new Error(made.refusal.code);
  const grant = await world.ports.store.reads(world.workspace).grantOfRequest(made.request.id);
  expect(grant?.status).toBe('scheduled');
  if (!grant) throw new Error('There is no grant');
  return grant.id;
}

const of = (id: GrantId) => ({ workspace: world.workspace, user: world.user('dev'), grantId: id });

async function story(id: GrantId): Promise<string[]> {
  const { requestId } = await world.read(id);
  return (await world.ports.store.reads(world.workspace).eventsOf(requestId)).map(({ kind }) => kind);
}

it(
  'Start and Cancel at once: it begins and is taken away, or it never was, and nothing is left',
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await approvedForLater();
      const acts = [() => use.pressStart(of(id)), () => use.returnGrant(of(id))];
      const [first, second] = await Promise.all((round % 2 === 0 ? acts : acts.reverse()).map((act) => act()));
      expect(first?.ok || second?.ok).toBe(true);
      await world.drain();
      expect(await world.read(id)).toMatchObject({ status: 'ended', endedBecause: 'returned' });
      const kinds = await story(id);
      expect(kinds.includes('grant.started')).toBe(!kinds.includes('grant.never_started'));
      expect(kinds.includes('grant.ended')).toBe(kinds.includes('grant.started'));
      expect(world.holds('dev')).toBeNull();
    }
  },
  TIME_LIMIT_MS,
);

it(
  'Start pressed twice, while its alarm rings: it begins once',
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await approvedForLater();
      const presses = await Promise.all([
        use.pressStart(of(id)),
        use.pressStart(of(id)),
        startGrant(world.ports, of(id)).then(() => null),
      ]);
      expect(presses.filter((press) => press?.ok)).toHaveLength(1);
      await world.drain();
      expect((await story(id)).filter((kind) => kind === 'grant.started')).toHaveLength(1);
      expect((await world.read(id)).status).toBe('active');
      expect(world.holds('dev')).not.toBeNull();
      await use.returnGrant(of(id));
      await world.drain();
      expect(world.holds('dev')).toBeNull();
    }
  },
  TIME_LIMIT_MS,
);
