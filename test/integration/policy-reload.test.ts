import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PolicyVersion } from '../../src/domain/ids.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { POLICY } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 120_000;
const WAIT = { timeoutMs: 20_000 };

let world: World;
let folder: string;
let file: string;
let text: string;

async function start(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'elevate-policy-'));
  file = join(folder, 'policy.yaml');
  text = await readFile(POLICY, 'utf8');
  await writeFile(file, text);
  world = await startWorld({ policy: file });
}

afterEach(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

const said = (channel: string, words: RegExp): Message | undefined =>
  world.workspace.messages(channel).find((message) => words.test(JSON.stringify(message.blocks ?? message.text)));

const version = (): PolicyVersion => world.app.ports.policies.current().version;
const requestOf = async (persona: string) =>
  (await world.app.ports.store.reads(world.workspaceId).pendingRequestsOf(world.person(persona)))[0];

/** Replaces the policy's file and waits until the process has noticed by itself. */
async function change(next: string): Promise<void> {
  const before = version();
  await writeFile(file, next);
  await world.workspace.waitFor(() => version() !== before, WAIT);
}

describe('a changed policy', () => {
  it(
    'is in force without a restart; a broken one is refused, announced and logged, and the old one stays',
    async () => {
      await start();
      const first = version();
      await change(text.replace('max: 2h', 'max: 3h'));
      expect(version()).not.toBe(first);
      const second = version();

      await writeFile(file, text.replace('"developers" in', '"develpers" in'));
      await world.app.reloadPolicy();
      expect(version()).toBe(second);
      await world.workspace.waitFor(() => said('security', /refused because it does not check/), WAIT);
      expect(said('security', /develpers/)).toBeDefined();
      expect(world.logTail()).toContain('refused and the old one stays in force');

      const loads = await world.app.ports.store.policies.loads(10);
      expect(loads.map((load) => [load.how, load.version])).toEqual([
        ['signal', null],
        ['change', second],
        ['start', first],
      ]);
      expect(loads[0]?.findings[0]).toMatch(/policy\.yaml:\d+:\d+: error unknown_group/);
      expect(loads[0]?.loadedBy).toMatch(/^.+@.+$/);
      expect(await world.app.ports.store.policies.canonical(loads[2]?.version ?? version())).not.toBeNull();
      expect(world.workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  it(
    'closes what waits and is denied by it, leaves what it would only decide otherwise, and reports live grants that an admin may revoke',
    async () => {
      await start();
      const { workspace } = world;
      await workspace.user('dev').command('/elevate orders-db/read 30m looking at orders', { channel: 'access' });
      await workspace.waitFor(() => world.target.holds('dev'), WAIT);
      await workspace
        .user('dev')
        .command('/elevate orders-db/admin 1h fixing stuck orders INC-1', { channel: 'access' });
      await workspace.user('dev2').command('/elevate orders-db/owner 15m looking at it', { channel: 'access' });
      await workspace.waitFor(async () => (await requestOf('dev')) && (await requestOf('dev2')), WAIT);

      await change(
        text
          .replace(
            'name: developers read without asking\n        when: \'"developers" in',
            'name: DBAs read\n        when: \'"dba" in',
          )
          .replace(
            'name: developers, with a DBA\n        when: \'"developers" in',
            'name: SRE, with a DBA\n        when: \'"sre" in',
          )
          .replace('{ approvals: 1, from: [security] }', '{ approvals: 1, from: [security, sre] }'),
      );
      await workspace.waitFor(async () => (await requestOf('dev')) === undefined, WAIT);
      expect(await requestOf('dev2')).toBeDefined();
      expect(await world.target.holds('dev')).toBe(true);

      await workspace.waitFor(() => said('security', /would no longer give/), WAIT);
      const news = said('security', /would no longer give/);
      expect(JSON.stringify(news?.blocks)).toMatch(/1 grant.*orders-db\/read.*now denied/);
      if (!news) throw new Error('Nothing was announced');

      await workspace.user('dba').click(news, 'policy_revoke_disallowed');
      await workspace.waitFor(() => workspace.ephemerals('dba').length > 0 || workspace.dms('dba').length > 0, WAIT);
      expect(await world.target.holds('dev')).toBe(true);

      await workspace.user('security').click(news, 'policy_revoke_disallowed');
      await workspace.waitFor(async () => !(await world.target.holds('dev')), WAIT);
      await workspace.waitFor(() => said('security', /revoked 1 grant/), WAIT);
      expect(workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  it(
    'closes and reports nothing while Slack cannot say who is in its groups, and an admin who presses the button then ends nothing',
    async () => {
      await start();
      const { workspace } = world;
      await workspace.user('dev').command('/elevate orders-db/read 30m looking at orders', { channel: 'access' });
      await workspace.waitFor(() => world.target.holds('dev'), WAIT);
      await workspace.user('dev2').command('/elevate orders-db/owner 15m looking at it', { channel: 'access' });
      await workspace.waitFor(() => requestOf('dev2'), WAIT);

      workspace.failNext('usergroups.list', { status: 500, times: 1_000 });
      await change(text.replaceAll('max: 1h', 'max: 2h'));
      await workspace.waitFor(() => world.logTail().includes('could not be held against'), WAIT);
      expect(await requestOf('dev2')).toBeDefined();
      expect(said('security', /would no longer give/)).toBeUndefined();

      // It is the same button that a real change would have brought.
      workspace.clearFaults();
      const denied = text.replace(
        'when: \'"developers" in requester.groups\'\n        then: approve',
        'when: \'"dba" in requester.groups\'\n        then: approve',
      );
      expect(denied).not.toBe(text);
      await change(denied);
      const news = await workspace.waitFor(() => said('security', /would no longer give/), WAIT);
      await change(text);
      workspace.failNext('usergroups.list', { status: 500, times: 1_000 });
      await workspace.user('security').click(news, 'policy_revoke_disallowed');
      await workspace.waitFor(() => JSON.stringify(workspace.ephemerals('security')).includes('no live access'), WAIT);
      expect(await world.target.holds('dev')).toBe(true);
      expect(workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});

describe('/elevate why', () => {
  it(
    'says what the policy says, who could approve, and what would have to be different',
    async () => {
      await start();
      const { workspace } = world;
      const told = (persona: string): string => JSON.stringify(workspace.ephemerals(persona));
      await workspace.user('dev').command('/elevate why orders-db/admin', { channel: 'access' });
      await workspace.waitFor(() => /developers, with a DBA/.test(told('dev')), WAIT);
      expect(told('dev')).toContain('You can ask for');
      expect(told('dev')).toContain(`<@${world.person('dba')}>`);

      await workspace.user('sre').command('/elevate why orders-db/admin', { channel: 'access' });
      await workspace.waitFor(() => /You cannot have/.test(told('sre')), WAIT);
      expect(told('sre')).toContain('as a member of developers');
      expect(workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});
