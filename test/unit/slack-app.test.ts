import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { GrantId, RequestId } from '../../src/domain/ids.ts';
import { type Refusal, refused } from '../../src/domain/refusal.ts';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createSlack, type Slack } from '../../src/slack/app.ts';
import type { SlackUsecases } from '../../src/slack/usecases.ts';
import { type CardRef, Outage, type RequestView } from '../../src/usecases/ports.ts';
import { aRequest, T0 } from '../support/domain.ts';

/** What a question is answered with that no test is about. */
const no = async (): Promise<{ ok: false; refusal: Refusal }> => refused({ code: 'request_not_found' });
const answers: SlackUsecases = {
  submitRequest: no,
  offerRoles: no,
  changesSince: async () => ({ latest: 0, views: [] }),
  offerRole: no,
  explainRole: no,
  approveRequest: no,
  checkDecider: no,
  setAway: no,
  endAway: no,
  awayOf: async () => ({ own: null, handedToMe: [] }),
  denyRequest: no,
  editRequest: no,
  findEdit: no,
  cancelRequest: no,
  endDeactivated: async () => 0,
  whoHas: no,
  nudge: no,
  homeOf: no,
  findOwnRequest: no,
  checkReviewer: no,
  reviewRequest: no,
  pressStart: no,
  keepGrant: no,
  clockOf: async () => ({ zone: 'UTC', now: T0 }),
  returnGrant: no,
  extendGrant: no,
  findExtension: no,
  findOwnGrant: no,
  findRevocable: no,
  revokeGrants: no,
  revokeDisallowed: no,
  findFailing: no,
  retryRevocation: no,
  resolveGrant: no,
  retryTarget: no,
  resolveTarget: no,
  countFailing: async () => 0,
  findDrift: no,
  decideDrift: no,
  proofOf: async () => null,
  statusOf: async () => ({
    ok: true,
    now: T0,
    grants: [],
    extensible: new Set<GrantId>(),
    pending: [],
    waitingForMe: [],
    waitingMore: false,
  }),
  findCard: async () => null,
};

const offer = {
  key: 'orders-db/admin',
  title: 'Orders DB administrator',
  resource: 'orders-db',
  environment: 'production',
  risk: 'high' as const,
  defaultSeconds: 3_600,
  maxSeconds: 14_400,
  reasonMinLength: 10,
  asked: [2, 1],
  askedSeconds: 3_600,
  ticket: { required: true, pattern: '^INC-\\d+$', example: 'INC-42' },
};
const LINE = '/elevate orders-db/admin 1h fixing stuck orders INC-42';

let workspace: Workspace;
let slack: Slack;
let server: Server;
let usecases: SlackUsecases;
let logged: string[];

beforeEach(async () => {
  workspace = await startWorkspace();
  usecases = answers;
  logged = [];
  slack = createSlack({
    connection: {
      mode: 'http',
      signingSecret: workspace.signingSecret,
      botToken: workspace.botToken,
      apiUrl: workspace.apiUrl,
    },
    usecases: () => usecases,
    log: pino({ level: 'info', base: null }, { write: (line: string) => void logged.push(line) }),
  });
  server = createServer(slack.requestListener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  workspace.deliverTo(`${address()}/slack/events`);
  await slack.start();
});

afterEach(async () => {
  await slack.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(workspace.violations).toEqual([]);
  await workspace.stop();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const view: RequestView = {
  request: aRequest(),
  grant: null,
  approvers: [],
  deciders: [],
  voters: null,
  extensionSeconds: null,
  unsure: false,
  now: T0,
};
const eventually = <T>(what: string, ask: () => T | Promise<T>) => workspace.waitFor(ask, { what, timeoutMs: 10_000 });
const told = (who: string, words: string) =>
  eventually(`${who} to read "${words}"`, () =>
    workspace.ephemerals(who).find((message) => `${message.text}${textOf(message.blocks)}`.includes(words)),
  );
const modalSays = (who: string, words: string) =>
  eventually(`${who} to see "${words}"`, () => textOf(workspace.modal(who)?.blocks ?? []).includes(words));

async function postCard(): Promise<{ card: Message; ref: CardRef }> {
  const request = { ...view.request, role: { ...view.request.role, channel: '#access-prod' } };
  const ref = await slack.messenger.postCard({ ...view, request }, { place: 'decision', other: null, again: false });
  const card = workspace.message({ channel: ref.channelId, ts: ref.ts });
  if (!card) throw new Error('There is no card');
  return { card, ref };
}

/** Work that ends when the test says so. */
function held<T>(value: T): { work: () => Promise<T>; release: () => void } {
  let release = (): void => undefined;
  const released = new Promise<T>((resolve) => {
    release = () => resolve(value);
  });
  return { work: () => released, release: () => release() };
}

describe('what comes in over HTTP', () => {
  const nowSeconds = (): number => Math.floor(Date.now() / 1000);
  it.each([
    ['signed by somebody else', { signature: `v0=${'0'.repeat(64)}` }, 401],
    ['six minutes old', { timestamp: nowSeconds() - 360 }, 401],
    ['from the future', { timestamp: nowSeconds() + 120 }, 401],
    ['a little ahead of our clock', { timestamp: nowSeconds() + 30 }, 200],
  ])('%s', async (_, forged, status) => {
    expect((await workspace.user('dev').command('/elevate help', forged)).status).toBe(status);
  });

  it('has no other address and no other method', async () => {
    expect((await fetch(`${address()}/slack/other`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${address()}/slack/events`)).status).toBe(405);
    expect((await fetch(`${address()}/slack/events`, { method: 'POST' })).status).toBe(401);
  });

  it('answers Slack’s check of the address', async () => {
    expect((await workspace.verifyUrl('hello')).body).toEqual({ challenge: 'hello' });
  });

  it('is refused for whom another workspace is named, before any use case is asked', async () => {
    usecases = { ...answers, statusOf: () => Promise.reject(new Error('It was asked')) };
    await workspace.user('dev').command('/elevate status', { team: 'T0OTHER' });
    await told('dev', 'an account of another workspace');
  });
});

describe('readiness', () => {
  it('asks Slack each time', async () => {
    expect(await slack.ready()).toBe(true);
    workspace.revokeToken('token_revoked');
    expect(await slack.ready()).toMatch(/token_revoked.*SLACK_BOT_TOKEN/);
    workspace.restoreToken();
    expect(await slack.ready()).toBe(true);
  });
});

describe('when something fails', () => {
  it('an outage is told in a sentence, and to the log as a warning', async () => {
    usecases = { ...answers, statusOf: () => Promise.reject(new Outage('transient', 'the database is away')) };
    await workspace.user('dev').command('/elevate status');
    await told('dev', 'the database is away');
    expect(logged.join('')).toContain('"level":40');
  });

  it('an answer that came too late for Slack leaves nothing undone, and is told in the log as what it is', async () => {
    // As Bolt itself answers after three seconds.
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      response.writeHead(404).end();
      slack.requestListener(request, response);
    });
    usecases = { ...answers, statusOf: () => Promise.reject(new Outage('transient', 'the database is away')) };
    await workspace.user('dev').command('/elevate status');
    await told('dev', 'the database is away');
    expect(logged.join('')).toContain('answered after more than 3 s');
    expect(logged.join('')).not.toContain('this is a bug');
  });

  it('a bug is told with a reference that is also in the log', async () => {
    usecases = { ...answers, statusOf: () => Promise.reject(new Error('undefined is not a function')) };
    await workspace.user('dev').command('/elevate status');
    const message = await told('dev', 'wrong on our side');
    expect(message.text).not.toContain('undefined is not a function');
    const reference = /number: ([0-9a-f]{8})\./.exec(message.text)?.[1] ?? 'none';
    expect(logged.join('')).toContain(reference);
  });

  const typedWithoutResponseUrl = (who: string, channel: string) =>
    workspace.sendRaw('slash_commands', {
      team_id: workspace.install.teamId,
      user_id: workspace.user(who).id,
      channel_id: workspace.channel(channel).id,
      command: '/elevate',
      text: 'help',
      trigger_id: `T.${who}`,
      response_url: new URL('/response/used/up', workspace.apiUrl).href,
    });

  it('a used-up response_url makes the answer an ephemeral message', async () => {
    await typedWithoutResponseUrl('dev', 'access-prod');
    await told('dev', '/elevate status');
    expect(workspace.calls.map((call) => call.method)).toContain('chat.postEphemeral');
  });

  it('and somebody who is not in the channel gets it directly', async () => {
    await typedWithoutResponseUrl('dev2', 'access-prod');
    await eventually('a direct message', () => workspace.dms('dev2').find((each) => each.text.includes('/elevate')));
    expect(workspace.ephemerals('dev2')).toEqual([]);
  });
});

describe('a form', () => {
  it('opens before anything was asked, and says so when there is nothing to choose', async () => {
    const slow = held({ ok: true as const, offers: [], recent: 0, total: 0 });
    usecases = { ...answers, offerRoles: slow.work };
    await workspace.user('dev').command('/elevate');
    await modalSays('dev', 'What do you need?');
    slow.release();
    await modalSays('dev', 'nothing that the policy lets you ask for');
  });

  it('says one moment when a line takes long to look up, and is filled in afterwards', async () => {
    const slow = held({ ok: true as const, offer });
    usecases = { ...answers, offerRole: slow.work };
    await workspace.user('dev').command('/elevate orders-db/admin 45m');
    await modalSays('dev', 'One moment');
    slow.release();
    await modalSays('dev', 'What is it for?');
  });

  it('answers a slow submission in time, and brings the outcome afterwards', async () => {
    const slow = held({ ok: true as const, request: aRequest(), repeated: false });
    usecases = { ...answers, offerRole: async () => ({ ok: true, offer }), submitRequest: slow.work };
    await workspace.user('dev').command('/elevate orders-db/admin 45m');
    await modalSays('dev', 'What is it for?');
    const answer = await workspace.user('dev').submit('modal', { ticket: 'INC-1', reason: 'fixing stuck orders' });
    expect(answer).toMatchObject({ status: 200, late: false });
    await modalSays('dev', 'One moment');
    slow.release();
    await modalSays('dev', 'Asked for `orders-db/admin`');
  });

  it('keeps a typed duration and replaces a default when another role is chosen', async () => {
    const other = {
      ...offer,
      key: 'orders-db/read',
      title: 'Read only',
      defaultSeconds: 600,
      ticket: { required: false, pattern: null, example: null },
    };
    usecases = {
      ...answers,
      offerRoles: async () => ({ ok: true, offers: [offer, other], recent: 0, total: 2 }),
      offerRole: async ({ role }) => ({ ok: true, offer: role === other.key ? other : offer }),
    };
    const dev = workspace.user('dev');
    const durationNow = (): unknown =>
      Object.values(dev.modal()?.values ?? {}).flatMap((block) => block.duration?.value ?? [])[0];
    const choose = (role: string) => dev.changeInput('modal', 'role', 'role', role);
    await dev.command('/elevate');
    await modalSays('dev', 'What do you need?');
    await choose(offer.key);
    await eventually('the default', () => durationNow() === '1h');
    await choose(other.key);
    await eventually('the other default', () => durationNow() === '10m');
    const shown = dev.modal();
    if (!shown) throw new Error('The form has gone');
    await dev.fill(shown, { duration: '7m', reason: 'looking at a bug' });
    await choose(offer.key);
    await modalSays('dev', 'Ticket');
    expect(durationNow()).toBe('7m');
  });

  it('says how many more there are than it shows', async () => {
    const offers = Array.from({ length: 100 }, (_, index) => ({ ...offer, key: `orders-db/r${index}` }));
    usecases = { ...answers, offerRoles: async () => ({ ok: true, offers, recent: 0, total: 234 }) };
    await workspace.user('dev').command('/elevate');
    await modalSays('dev', 'What do you need?');
    expect(await workspace.user('dev').suggest('modal', 'role', 'orders')).toHaveLength(100);
  });
});

describe('a click', () => {
  it('on a copy of the card decides nothing and turns the copy into a pointer', async () => {
    const { card: copy } = await postCard();
    const { ref } = await postCard();
    usecases = {
      ...answers,
      findCard: async () => ref,
      approveRequest: () => Promise.reject(new Error('It was decided')),
    };
    await workspace.user('dba').click(copy, 'request_approve');
    const replaced = await eventually('the pointer', () => {
      const now = workspace.message(copy);
      return now?.text.includes('This card was replaced') ? now : undefined;
    });
    expect(replaced.text).toContain(`/archives/${ref.channelId}/p${ref.ts.replace('.', '')}`);
  });

  it('that comes twice is carried out once', async () => {
    const { card } = await postCard();
    let count = 0;
    usecases = {
      ...answers,
      approveRequest: async () => {
        count += 1;
        return { ok: true, request: aRequest() };
      },
    };
    await workspace.user('dba').click(card, 'request_approve', { deliver: 3 });
    await workspace.user('dba').click(card, 'request_approve');
    await eventually('the second click', () => count === 2);
    expect(workspace.ephemerals('dba')).toEqual([]);
  });

  it('on something that we did not write is refused', async () => {
    const { card } = await postCard();
    const forged = JSON.parse(JSON.stringify(card.blocks).replaceAll('revision', 'forged'));
    await workspace.user('dba').click({ ...card, blocks: forged }, 'request_approve');
    await told('dba', 'not known here');
  });
});

const page = <T>(rows: T[]) => ({ rows, total: rows.length, page: 0, pages: 1, from: 1 });

describe('the App Home', () => {
  it('shows what somebody holds, waits for and should decide, with the buttons that are theirs', async () => {
    usecases = {
      ...answers,
      homeOf: async () => ({
        ok: true,
        now: T0,
        latest: 1,
        waiting: page([aRequest()]),
        reviews: page([]),
        access: page([]),
        extensible: new Set<GrantId>(),
        pending: page([aRequest()]),
        past: page([]),
        askable: new Set<RequestId>(),
        admin: null,
        shows: new Set<RequestId>(),
        away: { own: null, handedToMe: [] },
      }),
    };
    await workspace.user('dev').openHome();
    const home = await eventually('a Home', () => workspace.home('dev'));
    expect(textOf(home.blocks)).toContain('You wait for');
    expect(textOf(home.blocks)).toContain('Cancel request');
  });
});

describe('stopping', () => {
  it('lets handlers finish and takes nothing new', async () => {
    const slow = held({
      ok: true as const,
      now: T0,
      grants: [],
      extensible: new Set<GrantId>(),
      pending: [],
      waitingForMe: [],
      waitingMore: false,
    });
    usecases = { ...answers, statusOf: slow.work };
    await workspace.user('dev').command('/elevate status');
    let stopped = false;
    const stopping = slack.stop().then(() => {
      stopped = true;
    });
    expect((await workspace.user('dev').command('/elevate help')).status).toBe(503);
    expect(stopped).toBe(false);
    slow.release();
    await stopping;
    await told('dev', 'You have no access now');
  });
});

it('offers the most that is allowed in one click when a line asks for more', async () => {
  usecases = {
    ...answers,
    offerRole: async () => ({ ok: true, offer }),
    submitRequest: async () => refused({ code: 'duration_too_long', maxSeconds: 14_400, askedSeconds: 32_400 }),
  };
  await workspace.user('dev').command('/elevate orders-db/admin 9h fixing stuck orders INC-42');
  await modalSays('dev', '4 hours at most');
  expect(workspace.modal('dev')?.values.duration).toEqual({ duration: { type: 'plain_text_input', value: '4h' } });
});

it('answers a complete line', async () => {
  const asked: unknown[] = [];
  usecases = {
    ...answers,
    offerRole: async () => ({ ok: true, offer }),
    submitRequest: async (input) => {
      asked.push(input);
      return { ok: true, request: aRequest(), repeated: false };
    },
  };
  await workspace.user('dev').command(LINE, { channel: 'access', deliver: 2 });
  await told('dev', 'Asked for');
  expect(asked).toEqual([
    {
      workspace: workspace.install.teamId,
      user: workspace.user('dev').id,
      role: 'orders-db/admin',
      durationSeconds: 3_600,
      startsAt: null,
      endsBy: null,
      reason: 'fixing stuck orders',
      ticket: 'INC-42',
      origin: expect.stringMatching(/^command\/.+/),
      breakGlass: false,
      extend: null,
      channel: workspace.channel('access').id,
    },
  ]);
});
