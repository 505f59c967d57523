import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createDirectory, type SlackPeople } from '../../src/directory/directory.ts';
import { roleKey, slackUserId, type WorkspaceId, workspaceId } from '../../src/domain/ids.ts';
import type { Person } from '../../src/domain/person.ts';
import type { ManagerSource, Policy } from '../../src/domain/policy/types.ts';
import { AROUND, policyOf } from '../support/policy-fixture.ts';

/** A reference to a secret, as a policy writes it. */
const ref = (name: string): string => `\${${name}}`;

const TEAM: WorkspaceId = workspaceId('T0TEAM');
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A real HTTP server that answers as the test says, and notes what it was asked. */
async function serve(answer: Answer): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const json =
  (body: unknown): Answer =>
  (_, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(body));

const someone = (id: string, email: string): Person => ({
  workspaceId: TEAM,
  slackUserId: slackUserId(id),
  email,
  name: id,
  standing: 'member',
  timezone: 'UTC',
  managerId: null,
});
const dana = someone('U0DANA', 'dana@example.com');
const mara = someone('U0MARA', 'mara@example.com');

/** The part of Slack that has no network in it: two people and what their profiles say. */
const slackOf = (profile: string | null | Error): SlackPeople => ({
  person: async (_, user) => [dana, mara].find((each) => each.slackUserId === user) ?? null,
  persons: async () => new Map(),
  byEmail: async (_, email) => [dana, mara].find((each) => each.email === email) ?? null,
  userGroup: async () => [],
  profileField: async () => {
    if (profile instanceof Error) throw profile;
    return profile;
  },
});

let nowMs = 0;
function open(parts: {
  profile?: string | null | Error;
  managers?: ManagerSource | null;
  env?: Record<string, string>;
}) {
  nowMs = 0;
  return createDirectory({
    slackPeople: slackOf(parts.profile ?? null),
    bind: async () => 'bound',
    managers: () => parts.managers ?? null,
    environment: (name) => parts.env?.[name] ?? null,
    now: () => nowMs,
  });
}

const withProvider = (url: string, more = '', facts = '{ freeze: bool, score: int, phase: string }'): Policy =>
  policyOf(
    AROUND,
    `apiVersion: elevate/v1
fact_providers:
  deploys: { url: "${url}", facts: ${facts}${more} }
roles: { db/admin: { entitlement: { role: a }, rules: [] } }
`,
  );

async function factsFrom(url: string, more = '', env: Record<string, string> = {}, ticket: string | null = null) {
  const policy = withProvider(url, more);
  const role = policy.roles.get(roleKey('db/admin')) ?? null;
  return open({ env }).facts([...policy.factProviders.values()], { requester: dana, role, ticket });
}

describe('a fact provider', () => {
  it('is asked with its headers, and its facts keep their types', async () => {
    const { url, asked } = await serve(json({ freeze: true, score: 'much', phase: 'night', other: 1 }));
    const facts = await factsFrom(`${url}/state`, `, headers: { authorization: "Bearer ${ref('KEY')}" }`, {
      KEY: 's3cret',
    });
    expect(facts).toEqual({
      freeze: true,
      score: { unavailable: 'fact provider deploys did not answer with a int', lasting: true },
      phase: 'night',
    });
    expect(asked[0]?.headers.authorization).toBe('Bearer s3cret');
  });

  it('is asked about the request in the places of its address alone, percent-encoded', async () => {
    const { url, asked } = await serve(json({}));
    await factsFrom(`${url}/who/{requester.email}?ticket={ticket}&role={role}`, '', {}, 'INC-1&admin=1/../x');
    expect(asked[0]?.url).toBe('/who/dana%40example.com?ticket=INC-1%26admin%3D1%2F..%2Fx&role=db%2Fadmin');
  });

  it.each(['..', '.', ''])('is not asked about the ticket %p, which would be another address', async (ticket) => {
    const { url, asked } = await serve(json({ freeze: false }));
    const facts = await factsFrom(`${url}/tickets/{ticket}/state`, '', {}, ticket);
    expect(facts.freeze).toMatchObject({ unavailable: /does not have/ });
    expect(asked).toHaveLength(0);
  });

  const failures: readonly [string, Answer, string, RegExp][] = [
    ['an error', (_, response) => void response.writeHead(503).end(), '', /answered 503/],
    ['no JSON', (_, response) => void response.end('<html>'), '', /is not JSON/],
    ['a list', json([true]), '', /did not say it/],
    ['too much', json({ phase: 'x'.repeat(2_000) }), ', max_bytes: 1000', /larger than 1000 bytes/],
    ['no answer in time', () => undefined, ', timeout: 1s', /did not answer within 1 s/],
    ['a cut connection', (request) => void request.socket.destroy(), '', /cannot be reached/],
  ];
  it.each(failures)('that gives %s leaves its facts unavailable, with why', async (_, answer, more, why) => {
    const { url } = await serve(answer);
    expect((await factsFrom(url, more)).freeze).toMatchObject({ unavailable: expect.stringMatching(why) });
  });

  it('cannot send us, with our key, to another host', async () => {
    const other = await serve(json({ freeze: false }));
    const { url } = await serve((_, response) => void response.writeHead(302, { location: other.url }).end());
    const facts = await factsFrom(url, `, headers: { authorization: "Bearer ${ref('KEY')}" }`, { KEY: 'k' });
    expect(facts.freeze).toMatchObject({ unavailable: expect.stringMatching(/redirect, which is not followed/) });
    expect(other.asked).toHaveLength(0);
  });

  it('whose key is not set says which variable to set', async () => {
    const facts = await factsFrom(
      'https://deploys.example.com',
      `, headers: { authorization: "Bearer ${ref('DEPLOYS_KEY')}" }`,
    );
    expect(facts.freeze).toMatchObject({
      unavailable: expect.stringMatching(/variable DEPLOYS_KEY, which is not set/),
    });
  });

  it('behind a reference must still be https', async () => {
    const facts = await factsFrom(ref('WHERE'), '', { WHERE: 'http://169.254.169.254/latest' });
    expect(facts.freeze).toMatchObject({ unavailable: expect.stringMatching(/begins with https/) });
  });

  it('is remembered for as long as it says, and a failure is not', async () => {
    let fail = true;
    const { url, asked } = await serve((request, response) =>
      fail ? void response.writeHead(500).end() : json({ freeze: true })(request, response),
    );
    const policy = withProvider(url, ', cache: 10s');
    const directory = open({});
    const ask = async () =>
      (await directory.facts([...policy.factProviders.values()], { requester: dana, role: null, ticket: null })).freeze;
    expect(await ask()).toMatchObject({ unavailable: expect.stringMatching(/500/) });
    fail = false;
    expect(await Promise.all([ask(), ask()])).toEqual([true, true]);
    expect(asked).toHaveLength(2);
    nowMs += 9_999;
    await ask();
    expect(asked).toHaveLength(2);
    nowMs += 1;
    await ask();
    expect(asked).toHaveLength(3);
  });
});

describe('a group that is on call', () => {
  const groupOf = async (type: string, url: string, schedule = 'P1') => {
    const policy = policyOf(
      AROUND,
      `apiVersion: elevate/v1
groups: { duty: { on_call: { provider: pager, schedule: "${schedule}" } } }
on_call_providers: { pager: { type: ${type}, url: "${url}", headers: { authorization: "Token token=\${KEY}" } } }
roles: {}
`,
    );
    const found = await open({ env: { KEY: 'abc' } }).group(TEAM, policy, 'duty');
    return 'members' in found ? [...found.members] : found.unavailable;
  };
  const oncall = (email: string | undefined, id = 'P1') => ({
    schedule: { id },
    user: email === undefined ? {} : { email },
    escalation_level: 1,
  });

  it('is whom PagerDuty says, by the address, in that schedule alone', async () => {
    const answer = {
      oncalls: [oncall('Dana@Example.com'), oncall('dana@example.com'), oncall('mara@example.com', 'P2')],
    };
    const { url, asked } = await serve(json(answer));
    expect(await groupOf('pagerduty', url)).toEqual([dana.slackUserId]);
    expect(asked[0]?.url).toBe('/oncalls?schedule_ids%5B%5D=P1&include%5B%5D=users&limit=100');
    expect(asked[0]?.headers).toMatchObject({
      authorization: 'Token token=abc',
      accept: 'application/vnd.pagerduty+json;version=2',
    });
  });

  it('is whom a plain HTTP endpoint says; who is not in Slack is not in it', async () => {
    const { url, asked } = await serve(json({ on_call: ['mara@example.com', 'nobody@example.com'] }));
    expect(await groupOf('http', `${url}/rota`, 'night shift')).toEqual([mara.slackUserId]);
    expect(asked[0]?.url).toBe('/rota?schedule=night%20shift');
  });

  const wrong: readonly [string, string, unknown, RegExp][] = [
    ['a page that goes on', 'pagerduty', { oncalls: [], more: true }, /more than 100 on-calls/],
    ['no addresses', 'pagerduty', { oncalls: [oncall(undefined)] }, /must be allowed to read users/],
    ['another form', 'pagerduty', { users: [] }, /not PagerDuty's list/],
    ['another form', 'http', ['dana@example.com'], /must be \{"on_call"/],
    ['half the world', 'http', { on_call: Array.from({ length: 300 }, (_, n) => `p${n}@x.example`) }, /300 people/],
  ];
  it.each(wrong)('is unavailable, not empty, when it gets %s from %s', async (_, type, answer, why) => {
    const { url } = await serve(json(answer));
    expect(await groupOf(type, url)).toMatch(why);
  });
});

describe("a person's manager", () => {
  const managerOf = async (managers: ManagerSource | null, profile: string | null | Error = null) => {
    const person = await open({ managers, profile }).person(TEAM, dana.slackUserId);
    return { id: person?.managerId, email: person?.manager };
  };
  const field: ManagerSource = { kind: 'slack_profile_field', field: 'Xf1' };
  const map = (manager: string): ManagerSource => ({ kind: 'map', managers: new Map([[dana.email, manager]]) });

  it('comes from the map or from a field of the profile, as a user or an address', async () => {
    const known = { id: mara.slackUserId, email: mara.email };
    expect(await managerOf(map(mara.email))).toEqual(known);
    expect(await managerOf(field, mara.slackUserId)).toEqual(known);
    expect(await managerOf(field, 'Mara@example.com')).toEqual(known);
  });

  it('is nobody where nobody is named, and cannot approve where Slack does not know the address', async () => {
    expect(await managerOf(field, null)).toEqual({ id: null, email: null });
    expect(await managerOf(map('boss@elsewhere.example'))).toEqual({ id: null, email: 'boss@elsewhere.example' });
  });

  it('is never the person', async () => {
    expect((await managerOf(map(dana.email))).id).toBeNull();
    expect((await managerOf(field, dana.slackUserId)).id).toBeNull();
  });

  it('that cannot be looked up is unavailable, and the person is still known', async () => {
    expect(await managerOf(field, new Error('Slack is away'))).toEqual({
      id: null,
      email: { unavailable: 'Slack is away' },
    });
  });
});
