import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createDirectory } from '../../src/directory/directory.ts';
import { type SlackUserId, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import type { Policy } from '../../src/domain/policy/types.ts';
import { startWorkspace, type Workspace, type WorkspaceOptions } from '../../src/sandbox/workspace/workspace.ts';
import { createClients } from '../../src/slack/clients.ts';
import { createPeople } from '../../src/slack/people.ts';
import type { GroupMembers, People } from '../../src/usecases/ports.ts';

const policy = ((): Policy => {
  const text = `apiVersion: elevate/v1
timezone: UTC
groups:
  dba: { slack_usergroup: dba }
  by-id: { slack_usergroup: S0GROUP002 }
  nobody-knows: { slack_usergroup: nobody-knows }
  leads: { members: [sam@example.com, mara@example.com, nobody@example.com, gus@agency.example] }
  on-duty: { on_call: { provider: pager, schedule: P1 } }
on_call_providers: { pager: { type: pagerduty, url: "https://pager.example" } }
resources: {}
roles: {}
`;
  const loaded = loadPolicy([{ path: 'policy.yaml', text }], {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  return loaded.policy;
})();

let workspace: Workspace;
let nowMs = 0;
afterEach(() => workspace.stop());

async function open(options: WorkspaceOptions = {}, bind: People['bind'] = async () => 'bound') {
  nowMs = 0;
  workspace = await startWorkspace(options);
  const clients = createClients({
    token: workspace.botToken,
    apiUrl: workspace.apiUrl,
    log: pino({ level: 'silent' }),
  });
  const slackPeople = createPeople(clients.interactive, () => nowMs, 60_000);
  const directory = createDirectory({
    slackPeople,
    bind,
    managers: () => null,
    environment: () => null,
    now: () => nowMs,
  });
  const team = workspaceId(workspace.install.teamId);
  return {
    person: (key: string) => directory.person(team, id(key)),
    group: (name: string) => directory.group(team, policy, name),
  };
}

const id = (key: string): SlackUserId => slackUserId(workspace.user(key).id);
const calls = (method: string): number => workspace.calls.filter((call) => call.method === method).length;
const membersOf = (group: GroupMembers): readonly string[] =>
  'members' in group ? [...group.members].sort() : [`unavailable: ${group.unavailable}`];
const people = (...keys: string[]): string[] => keys.map(id).sort();

describe('a person', () => {
  it('is who Slack says, with their standing', async () => {
    const { person } = await open();
    expect(await person('dev')).toEqual({
      workspaceId: workspace.install.teamId,
      slackUserId: id('dev'),
      email: 'dana@example.com',
      name: 'Dana Reyes',
      standing: 'member',
      timezone: 'Europe/Berlin',
      managerId: null,
    });
    const standings = ['guest', 'robot', 'stranger', 'gone'].map(async (key) => (await person(key))?.standing);
    expect(await Promise.all(standings)).toEqual(['guest', 'bot', 'stranger', 'deactivated']);
  });

  it('is nobody when Slack does not know the id', async () => {
    await open();
    const clients = createClients({
      token: workspace.botToken,
      apiUrl: workspace.apiUrl,
      log: pino({ level: 'silent' }),
    });
    const slackPeople = createPeople(clients.interactive, () => nowMs, 60_000);
    const team = workspaceId(workspace.install.teamId);
    expect(await slackPeople.person(team, slackUserId('U0NOBODY'))).toBeNull();
  });

  it('is remembered for a minute, and an outage is not', async () => {
    const { person } = await open();
    workspace.failNext('users.info', { status: 500 });
    await expect(person('dev')).rejects.toMatchObject({ kind: 'transient' });
    await Promise.all([person('dev'), person('dev')]);
    expect(calls('users.info')).toBe(2);
    workspace.changePerson('dev', { deleted: true });
    expect((await person('dev'))?.standing).toBe('member');
    nowMs += 60_000;
    expect((await person('dev'))?.standing).toBe('deactivated');
  });

  it('is an outage that says what to do when Slack withholds the address', async () => {
    const { person } = await open({ scopes: ['users:read'] });
    await expect(person('dev')).rejects.toMatchObject({ kind: 'permanent', message: /users:read\.email/ });
  });
});

describe('a group', () => {
  it('is a Slack user group by handle or id', async () => {
    const { group } = await open();
    expect(membersOf(await group('dba'))).toEqual(people('dba', 'dba2'));
    expect(membersOf(await group('by-id'))).toEqual(people('dev', 'dev2'));
    expect(calls('usergroups.list')).toBe(1);
  });

  it('is the holders of its addresses; who is not in Slack is not in it', async () => {
    const { group } = await open();
    expect(membersOf(await group('leads'))).toEqual(people('security', 'manager'));
  });

  it('never holds guests, bots, deactivated people or people of other workspaces', async () => {
    const { group } = await open();
    workspace.setGroup('dba', ['dba', 'guest', 'robot', 'stranger', 'gone']);
    expect(membersOf(await group('dba'))).toEqual(people('dba'));
  });

  it('leaves out whoever turns up with an address that was bound to somebody else', async () => {
    const { group } = await open({}, async (person) => (person.email === 'sam@example.com' ? 'conflict' : 'bound'));
    expect(membersOf(await group('leads'))).toEqual(people('manager'));
  });

  it('of many people is read from the list instead of one by one', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      key: `p${index}`,
      realName: `Person ${index}`,
      email: `p${index}@example.com`,
    }));
    const everyone = many.map((each) => each.key);
    const { group } = await open({
      seed: { people: many, channels: [], groups: [{ handle: 'dba', name: 'All', members: everyone }] },
    });
    expect(membersOf(await group('dba'))).toHaveLength(40);
    expect(calls('users.info')).toBe(0);
    expect(calls('users.list')).toBe(1);
  });

  const unavailable: readonly [string, (open: Workspace) => void, RegExp][] = [
    ['nobody-knows', () => undefined, /no user group @nobody-knows/],
    ['dba', (slack) => slack.setGroup('dba', ['dba'], { disabled: true }), /@dba is disabled/],
    ['dba', (slack) => slack.setPaidPlan(false), /no user groups: name the members/],
    ['dba', (slack) => slack.failNext('usergroups.list', { status: 429, retryAfterSeconds: 7 }), /wait 7 s/],
    ['dba', (slack) => slack.failNext('users.info', { status: 500, times: 2 }), /HTTP 500/],
    ['leads', (slack) => slack.failNext('users.lookupByEmail', { status: 500 }), /HTTP 500/],
    ['on-duty', () => undefined, /variable PAGERDUTY_TOKEN, which is not set/],
    ['misspelled', () => undefined, /no group "misspelled"/],
  ];
  it.each(unavailable)('that cannot be looked up is unavailable, with why: %s', async (name, prepare, why) => {
    const { group } = await open();
    prepare(workspace);
    const found = await group(name);
    expect('unavailable' in found && found.unavailable).toMatch(why);
  });
});
