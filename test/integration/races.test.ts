import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type GrantId, grantId, type RequestId } from '../../src/domain/ids.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import { expireRequest } from '../../src/usecases/cancel-request.ts';
import type { SubmitInput } from '../../src/usecases/draft-request.ts';
import { viewOf } from '../../src/usecases/render-card.ts';
import { type RaceWorld, ROUNDS, startRaceWorld, TIME_LIMIT_MS } from '../support/race-world.ts';

/** The two are let go this far apart at most, in either order, so that each is first often. */
const APART_MS = 6;

const ROLES = `  admins/asked:
    title: Asked for
    entitlement: { group: admins, level: member }
    subject: requester.email
    duration: { default: 1h, max: 4h }
    extensions: { max: 5 }
    rules:
      - { name: longer, when: request.extension, then: approve }
      - { name: asked, then: { require: [{ from: [dba] }] } }`;

let world: RaceWorld['world'];
let use: RaceWorld['use'];
beforeAll(async () => {
  ({ world, use } = await startRaceWorld(ROLES));
}, 60_000);
afterAll(() => world?.stop());

const newOrigin = (): string => `race/${randomUUID()}`;
const ask = (origin = newOrigin()): SubmitInput => ({
  workspace: world.workspace,
  user: world.user('dev'),
  role: 'admins/asked',
  durationSeconds: null,
  startsAt: null,
  endsBy: null,
  reason: 'a race between two clicks',
  ticket: null,
  origin,
  channel: null,
  extend: null,
  breakGlass: false,
});

async function submitted(): Promise<AccessRequest> {
  const made = await use.submitRequest(ask());
  if (!made.ok) throw new Error(`Not taken: ${JSON.stringify(made.refusal)}`);
  await world.drain();
  return made.request;
}

async function granted(): Promise<{ request: AccessRequest; id: GrantId }> {
  const request = await submitted();
  expect(await approve(request)).toBe('ok');
  await world.drain();
  const grant = await world.ports.store.reads(world.workspace).grantOfRequest(request.id);
  expect(grant?.status).toBe('active');
  return { request, id: grantId(String(grant?.id)) };
}

/** 'ok', or the code of the refusal. */
type Outcome = string;
const codeOf = (result: { ok: true } | { ok: false; refusal: { code: string } }): Outcome =>
  result.ok ? 'ok' : result.refusal.code;
const decision = (request: AccessRequest, persona = 'dba') => ({
  workspace: world.workspace,
  user: world.user(persona),
  requestId: request.id,
  revision: request.revision,
});
const approve = async (request: AccessRequest, persona = 'dba') =>
  codeOf(await use.approveRequest(decision(request, persona)));
const deny = async (request: AccessRequest) =>
  codeOf(await use.denyRequest({ ...decision(request, 'dba2'), reason: 'not tonight' }));
const shorten = async (request: AccessRequest) =>
  codeOf(await use.editRequest({ ...decision(request, 'dba2'), role: null, durationSeconds: 1_800 }));
const cancel = async (request: AccessRequest) => codeOf(await use.cancelRequest({ ...decision(request, 'dev') }));
const giveBack = async (id: GrantId) =>
  codeOf(await use.returnGrant({ workspace: world.workspace, user: world.user('dev'), grantId: id }));
const revoke = async (id: GrantId): Promise<Outcome> => {
  const ended = await use.revokeGrants({
    workspace: world.workspace,
    user: world.user('dba'),
    grantIds: [id],
    reason: 'now',
  });
  if (!ended.ok) return ended.refusal.code;
  return ended.refusals[0]?.code ?? 'ok';
};
const extend = async (id: GrantId) => {
  const { extensions } = await world.read(id);
  return codeOf(
    await use.extendGrant({
      workspace: world.workspace,
      user: world.user('dev'),
      grantId: id,
      durationSeconds: 600,
      reason: 'a little longer please',
      seenExtensions: extensions,
      origin: newOrigin(),
      channel: null,
    }),
  );
};

/** Lets both go at nearly the same moment, now one first, now the other. */
async function race<A, B>(a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
  const apart = (Math.random() * 2 - 1) * APART_MS;
  const later = <T>(act: () => Promise<T>, ms: number) =>
    ms <= 0 ? act() : new Promise((resolve) => setTimeout(resolve, ms)).then(act);
  return Promise.all([later(a, apart), later(b, -apart)]);
}

const TWO_ENDS = ['request.approved', 'request.denied', 'request.cancelled', 'request.expired'];

/** What must be so after every race: one end, its own story, a card that shows it, and nothing on the target that no grant gives. */
async function isWhole(id: RequestId): Promise<{ status: string; kinds: readonly string[] }> {
  await world.drain();
  const reads = world.ports.store.reads(world.workspace);
  const [request, events, card] = await Promise.all([
    reads.request(id),
    reads.eventsOf(id),
    reads.card(id, 'decision'),
  ]);
  const kinds = events.map(({ kind }) => kind as string);
  expect(kinds.filter((kind) => TWO_ENDS.includes(kind)).length).toBeLessThanOrEqual(1);
  const open = await reads.openGrantsOf(world.user('dev'));
  const held = world.holds('dev');
  if ((held !== null) !== open.some(({ status }) => status === 'active')) {
    const now = open.map((grant) => `${grant.id} ${grant.status} ${grant.lastError ?? ''}`).join('; ');
    throw new Error(`The target says ${held}; open: ${now || 'nothing'}; the story: ${kinds.join(', ')}`);
  }
  const view = await viewOf(world.ports, world.workspace, id);
  if (!view || !card?.ref) throw new Error('The request has no card');
  expect(await drawnCard(card.ref)).toEqual(await redrawnCard(card.ref, view));
  return { status: String(request?.status), kinds };
}

type Ref = Parameters<RaceWorld['world']['ports']['messenger']['updateCard']>[0];
const drawnCard = async (ref: Ref) =>
  withoutIds(world.slack.messages(ref.channelId).find(({ ts }) => ts === ref.ts)?.blocks);
const redrawnCard = async (ref: Ref, view: NonNullable<Awaited<ReturnType<typeof viewOf>>>) => {
  await world.ports.messenger.updateCard(ref, view, { place: 'decision', other: null, again: false });
  return drawnCard(ref);
};
/** Slack gives each block an id of its own whenever a message is written. */
const withoutIds = (blocks: unknown): unknown =>
  JSON.parse(JSON.stringify(blocks ?? null), (key, value) => (key === 'block_id' ? undefined : value));

/** Ends what is left of a round, so that the next one starts with nothing. */
async function cleanUp(): Promise<void> {
  const reads = world.ports.store.reads(world.workspace);
  for (const { id, status } of await reads.openGrantsOf(world.user('dev'))) if (status === 'active') await giveBack(id);
  await world.drain();
  expect(world.holds('dev')).toBeNull();
}

const rounds = (name: string, round: () => Promise<string>, wanted: readonly string[]): void =>
  it(
    name,
    async () => {
      const outcomes = new Set<string>();
      for (let index = 0; index < ROUNDS; index += 1) {
        outcomes.add(await round());
        await cleanUp();
      }
      for (const outcome of outcomes) expect(wanted).toContain(outcome);
    },
    TIME_LIMIT_MS,
  );

describe('two at once, on two connections: one outcome, one story, and the card shows it', () => {
  rounds('approve and deny', async () => {
    const request = await submitted();
    const results = await race(
      () => approve(request),
      () => deny(request),
    );
    const { status } = await isWhole(request.id);
    expect(results.filter((result) => result === 'ok')).toHaveLength(1);
    expect(status).toBe(results[0] === 'ok' ? 'approved' : 'denied');
    return status;
  }, ['approved', 'denied']);

  rounds('approve and cancel', async () => {
    const request = await submitted();
    const results = await race(
      () => approve(request),
      () => cancel(request),
    );
    const { status } = await isWhole(request.id);
    expect(results.filter((result) => result === 'ok')).toHaveLength(1);
    expect(status).toBe(results[0] === 'ok' ? 'approved' : 'cancelled');
    return status;
  }, ['approved', 'cancelled']);

  rounds('approve and approve, by two people where one is enough', async () => {
    const request = await submitted();
    const results = await race(
      () => approve(request, 'dba'),
      () => approve(request, 'dba2'),
    );
    const { status, kinds } = await isWhole(request.id);
    expect(results.filter((result) => result === 'ok')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'grant.created')).toHaveLength(1);
    return status;
  }, ['approved']);

  rounds('approve and change', async () => {
    const request = await submitted();
    const results = await race(
      () => approve(request),
      () => shorten(request),
    );
    const { status, kinds } = await isWhole(request.id);
    expect(results.filter((result) => result === 'ok')).toHaveLength(1);
    expect(results.filter((result) => result === 'request_changed' || result === 'request_not_pending')).toHaveLength(
      1,
    );
    expect(kinds.includes('request.edited')).toBe(results[1] === 'ok');
    if (status === 'pending') await cancel(request);
    return status;
  }, ['approved', 'pending']);

  rounds('approve and expire', async () => {
    const request = await submitted();
    const now = await world.ports.store.now();
    const toDeadlineMs = request.expiresAt.getTime() - now.getTime();
    world.clock.advance((toDeadlineMs - APART_MS) / 1000);
    const [approved] = await race(
      () => approve(request),
      () => expireRequest(world.ports, { workspace: world.workspace, requestId: request.id }),
    );
    world.clock.advance(1);
    const { status } = await isWhole(request.id);
    expect(status).toBe(approved === 'ok' ? 'approved' : 'expired');
    return status;
  }, ['approved', 'expired']);

  rounds('extend and give back', async () => {
    const { request, id } = await granted();
    const [extended, ended] = await race(
      () => extend(id),
      () => giveBack(id),
    );
    const { kinds } = await isWhole(request.id);
    expect(ended).toBe('ok');
    expect(kinds.filter((kind) => kind === 'grant.extended')).toHaveLength(extended === 'ok' ? 1 : 0);
    expect((await world.read(id)).status).toBe('ended');
    expect(world.holds('dev')).toBeNull();
    return extended === 'ok' ? 'extended first' : 'ended first';
  }, ['extended first', 'ended first']);

  rounds('extend and revoke', async () => {
    const { request, id } = await granted();
    const [extended, revoked] = await race(
      () => extend(id),
      () => revoke(id),
    );
    const { kinds } = await isWhole(request.id);
    expect(revoked).toBe('ok');
    expect(kinds.filter((kind) => kind === 'grant.extended')).toHaveLength(extended === 'ok' ? 1 : 0);
    expect((await world.read(id)).status).toBe('ended');
    return extended === 'ok' ? 'extended first' : 'ended first';
  }, ['extended first', 'ended first']);

  rounds('two presses of the same Extend', async () => {
    const { request, id } = await granted();
    const before = await world.read(id);
    const results = await race(
      () => extend(id),
      () => extend(id),
    );
    await isWhole(request.id);
    const after = await world.read(id);
    const times = results.filter((result) => result === 'ok').length;
    expect(times).toBeGreaterThanOrEqual(1);
    expect(after.extensions - before.extensions).toBe(times);
    return after.status;
  }, ['active']);

  rounds('the same form twice', async () => {
    const input = ask();
    const [first, second] = await race(
      () => use.submitRequest(input),
      () => use.submitRequest(input),
    );
    if (!first.ok || !second.ok) throw new Error('Refused');
    expect(first.request.id).toBe(second.request.id);
    expect(first.repeated).not.toBe(second.repeated);
    const { kinds, status } = await isWhole(first.request.id);
    expect(kinds).toEqual(['request.submitted']);
    expect(await cancel(first.request)).toBe('ok');
    return status;
  }, ['pending']);

  rounds('two forms for the same access', async () => {
    const [first, second] = await race(
      () => use.submitRequest(ask()),
      () => use.submitRequest(ask()),
    );
    const taken = [first, second].flatMap((result) => (result.ok ? [result.request] : []));
    expect(taken).toHaveLength(1);
    for (const request of taken) {
      await isWhole(request.id);
      expect(await cancel(request)).toBe('ok');
    }
    return codeOf(first.ok ? second : first);
  }, ['already_requested']);
});
