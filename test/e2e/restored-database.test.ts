import { afterEach, expect, it } from '@jest/globals';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { withClient } from '../../src/store/with-client.ts';
import { startBot } from '../support/bot-process.ts';
import { driftCardAbout } from '../support/drift-card.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { messagesOf } from '../support/watch-messages.ts';

const TIME_LIMIT_MS = 240_000;
const PATIENCE_MS = 60_000;

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  stage = undefined;
});

/** A backup of Elevate's own database, while nobody is connected to it, and its return under the same name. */
function backupOf(url: string): { take(): Promise<void>; putBack(): Promise<void> } {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  const backup = `${name}_backup`;
  server.pathname = '/postgres';
  const run = (statements: readonly string[]) =>
    withClient(server.href, async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  return {
    take: () => run([`CREATE DATABASE ${backup} TEMPLATE ${name}`]),
    putBack: () => run([`DROP DATABASE ${name} WITH (FORCE)`, `ALTER DATABASE ${backup} RENAME TO ${name}`]),
  };
}

it(
  'after a restore from before some grants the start says so; what they left on the target is shown, and then taken away unless somebody accepts it',
  async () => {
    const scene = await startStage();
    stage = scene;
    const { workspace, target, databaseUrl } = scene;
    const backup = backupOf(databaseUrl);
    const sql = (text: string) => withClient(databaseUrl, (client) => client.query(text));
    const wait = <T>(what: string, ask: () => T | Promise<T>) =>
      workspace.waitFor(ask, { what, timeoutMs: PATIENCE_MS });
    const ask = async (who: string, role = 'orders-db/read') => {
      await workspace.user(who).command(`/elevate ${role} 1h looking at a bug`, { channel: 'access' });
      await wait(`the access of ${who}`, () => target.holds(who));
    };
    const says = (words: string) => messagesOf(workspace, 'security').some((message) => message.says.includes(words));
    /** The reconciler's turn comes now. */
    const reconcileNow = () =>
      sql(
        "UPDATE effects SET due_at = clock_timestamp(), handed_on_at = NULL WHERE kind = 'reconcile' AND done_at IS NULL",
      );
    const runs = async (): Promise<number> => {
      const { rows } = await sql('SELECT extract(epoch FROM min(last_run_at))::float8 AS at FROM known_systems');
      return rows[0]?.at ?? 0;
    };
    const reconciled = async () => {
      const before = await runs();
      await reconcileNow();
      await wait('a run of the reconciler', async () => (await runs()) > before);
    };

    // One that the backup knows, and a first, dry run: whatever is taken away from here on is taken away by a run that may.
    const first = await startBot(scene);
    await ask('sre', 'orders-db/report');
    await reconciled();
    expect(await first.terminate()).toBe(0);
    await backup.take();

    const second = await startBot(scene);
    await ask('dev');
    await ask('dev2');
    await target.sql('GRANT orders_read TO sam');
    await wait('the record of both', async () => {
      const { rows } = await sql("SELECT count(*)::int AS live FROM grants WHERE status = 'active'");
      return rows[0]?.live === 3;
    });
    await second.kill();
    await backup.putBack();
    expect((await sql("SELECT FROM grants WHERE status = 'active'")).rowCount).toBe(1);

    const third = await startBot(scene);
    await wait('the word about the restore', () => says('Elevate’s database is not the one it was'));
    expect(third.log()).toContain('database_restored');
    const dana = await driftCardAbout(workspace, 'dana');
    const theo = await driftCardAbout(workspace, 'theo');
    expect(says('Ours, and not on record')).toBe(true);
    // Shown, and nothing more.
    for (const who of ['dev', 'dev2', 'security', 'sre']) expect([who, await target.holds(who)]).toEqual([who, true]);

    await theo.press('dba', 'Accept…');
    await wait('the form', () => textOf(workspace.modal('dba')?.blocks ?? []).includes('Who answers for it?'));
    await workspace.user('dba').submit('modal');
    await wait(
      'the answer on record',
      async () => (await sql("SELECT FROM drifts WHERE status = 'accepted'")).rowCount,
    );
    await reconciled();
    await wait('the end of what nobody accepted', async () => !(await target.holds('dev')));
    // Accepted; of another grantor; on record.
    for (const who of ['dev2', 'security', 'sre']) expect([who, await target.holds(who)]).toEqual([who, true]);
    await wait('the audit of it', async () => {
      const { rows } = await sql("SELECT kind, data ->> 'subject' AS subject FROM audit_events ORDER BY sequence");
      const kinds = rows.map(({ kind, subject }) => (subject === 'dana' ? `${kind} dana` : kind));
      return (
        kinds.includes('database.restored') &&
        kinds.filter((kind) => kind.endsWith(' dana')).join() ===
          ['found', 'revocation_requested', 'revoked'].map((what) => `drift.${what} dana`).join()
      );
    });
    await dana.press('dba', 'Ignore until…');
    await wait('that it is settled', () =>
      textOf(workspace.modal('dba')?.blocks ?? []).includes('That is settled: the target no longer shows it'),
    );
    expect(workspace.violations).toEqual([]);
  },
  TIME_LIMIT_MS,
);
