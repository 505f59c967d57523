import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.ts';
import { returnGrant } from '../../src/usecases/end-grant.ts';
import { resolveGrant } from '../../src/usecases/resolve-grant.ts';
import { elevate as elevateIn, temporaryFolder } from '../support/cli.ts';
import { startWatchWorld, type WatchWorld } from '../support/watch-world.ts';

let world: WatchWorld;
beforeEach(async () => {
  world = await startWatchWorld();
}, 60_000);
afterEach(() => world.stop());

async function elevate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const env = { DATABASE_URL: world.databaseUrl, POLICY_PATH: 'test/scenarios/policy.yaml', USER: 'ops' };
  const code = await runCli(args, {
    env,
    out: (text) => {
      said.out += `${text}\n`;
    },
    err: (text) => {
      said.err += `${text}\n`;
    },
  });
  return { code, ...said };
}

it('elevate grant show: intent, calls, read-backs with the target’s own answer, lateness', async () => {
  const id = await world.grant('dev');
  await world.drain('provision_grant');
  await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
  await world.drain('revoke_grant');
  const { code, out } = await elevate('grant', 'show', id);
  expect(code).toBe(0);
  const order = [
    'intent: committed',
    'asked target group_api:',
    'granted and read back as there; the target answered: {"level":"member"}',
    'revocation committed, because: returned',
    'revoked and read back as gone; the target answered: {"removed":true}',
  ];
  expect(order.map((line) => out.indexOf(line)).every((at, index, all) => at > (all[index - 1] ?? -1))).toBe(true);
  expect(out).toMatch(/\d\.\d{3} s after it was due/);
  expect(JSON.parse((await elevate('grant', 'show', id, '--format', 'json')).out)).toMatchObject({ grant: { id } });
  expect(await elevate('grant', 'show', 'grt_nothing')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no grant'),
  });
});

it('elevate grant show: a revocation that failed, who stepped in, and that nothing is proven where nobody could look', async () => {
  const id = await world.grant('dev');
  await world.drain('provision_grant');
  world.api.refuseChanges(503);
  await returnGrant(world.ports, { workspace: world.workspace, user: world.user('dev'), grantId: id });
  await world.drain('revoke_grant');
  const { out } = await elevate('grant', 'show', id);
  expect(out).toMatch(
    /STATE: being revoked \(returned\), due .*, OVERDUE by \d+ s, 1 failed attempts, the last .*: groups refused/,
  );
  expect(out).toContain('call to revoke failed (attempt 1, transient): groups refused it with status 503');
  world.api.meet('refuse');
  const asker = { workspace: world.workspace, user: world.user('dba'), grantId: id };
  expect(await resolveGrant(world.ports, { ...asker, reason: 'the server is scrapped' })).toMatchObject({ ok: true });
  const closed = (await elevate('grant', 'show', id)).out;
  expect(closed).toMatch(/STATE: ended \(resolved_unverified\), due .* WITHOUT PROOF: see below/);
  expect(closed).toMatch(
    /Bo Lindqvist \(.*\): closed it WITHOUT PROOF, with the reason: the server is scrapped; the target could not be asked/,
  );
  expect(closed).not.toContain('read back as gone');
});

it('elevate reconcile: pauses and resumes, and says which system could not be looked at', async () => {
  await world.grant('dev');
  await world.drain('provision_grant');
  expect(await elevate('reconcile', 'resume')).toMatchObject({ code: 0, out: 'It was not paused.\n' });
  expect((await elevate('reconcile', 'pause', '--reason', 'a restore', '--for', '2h')).out).toContain(
    'is paused until',
  );
  expect(await world.ports.store.reads(world.workspace).pause()).toMatchObject({
    reason: 'a restore',
    pausedBy: 'ops',
  });
  expect((await elevate('reconcile', 'resume')).out).toContain('works again');
  expect((await elevate('reconcile', 'pause')).code).toBe(2);
  const dry = await elevate('reconcile', '--dry-run');
  expect(dry).toMatchObject({ code: 3 });
  expect(dry.out).toContain('could not be looked at');
});

it('a command in a folder without a database says what to set, and makes none', async () => {
  const folder = await temporaryFolder();
  try {
    for (const args of [
      ['grant', 'show', 'grt_nothing'],
      ['reconcile', '--dry-run'],
      ['policy', 'log'],
    ]) {
      const ran = await elevateIn(args, { DATA_DIR: folder.path });
      expect([ran.code, ran.err]).toEqual([
        3,
        `There is no database in ${folder.path}. Set DATABASE_URL to the one that the bot uses, or DATA_DIR to its folder where it has none.`,
      ]);
    }
    expect(await readdir(folder.path)).toEqual([]);
  } finally {
    await folder.remove();
  }
});
