import { afterEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { startBot } from '../support/bot-process.ts';
import { labelOf } from '../support/insist.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { messagesOf } from '../support/watch-messages.ts';

const TIME_LIMIT_MS = 120_000;
const WAIT_MS = 30_000;
const BACK_SECONDS = 20 * 60;

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.teardown.run();
  stage = undefined;
});

async function sql<Row extends pg.QueryResultRow>({ databaseUrl }: Stage, statement: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(statement)).rows;
  } finally {
    await client.end();
  }
}

const endsAt = async (scene: Stage): Promise<number> => {
  const [row] = await sql<{ ends_at: Date }>(scene, 'SELECT ends_at FROM grants');
  return row?.ends_at.getTime() ?? 0;
};

it(
  'a clock that was set back while nobody looked is found at the start, told, and gives nobody more time',
  async () => {
    const scene = await startStage();
    stage = scene;
    const { workspace, target } = scene;
    const bot = await startBot(scene);
    await workspace
      .user('dev')
      .command('/elevate orders-db/admin 30m fixing stuck orders INC-42', { channel: 'access' });
    const card = await workspace.waitFor(() => workspace.messages('access-prod').at(-1), {
      what: 'the card',
      timeoutMs: WAIT_MS,
    });
    await workspace.user('dba').click(card, (element) => labelOf(element) === 'Approve');
    await workspace.waitFor(async () => (await scene.auditKinds()).includes('grant.activated'), {
      what: 'activation',
      timeoutMs: WAIT_MS,
    });
    await bot.kill();
    const before = await endsAt(scene);
    // On this machine more time has passed since the last look than on the database's clock: as if that had been set back
    // while nobody looked, by less than nobody looked.
    await sql(scene, `UPDATE database_sightings SET steady_seconds = steady_seconds - ${BACK_SECONDS}`);

    const again = await startBot(scene);
    const said = await workspace.waitFor(
      () => messagesOf(workspace, 'security').find(({ says }) => says.includes('clock went back')),
      { what: 'the message in the security channel', timeoutMs: WAIT_MS },
    );
    expect(said.says).toContain('One end of access moved with it');
    expect(again.log()).toContain('clock_went_back');
    const movedSeconds = (before - (await endsAt(scene))) / 1000;
    expect(movedSeconds).toBeGreaterThanOrEqual(BACK_SECONDS);
    expect(movedSeconds).toBeLessThanOrEqual(BACK_SECONDS + 1);
    // Not taken away by it: there are ten minutes left.
    expect(await target.holds('dev')).toBe(true);
    const [moved] = await sql<{ data: unknown }>(scene, "SELECT data FROM audit_events WHERE kind = 'clock.moved'");
    expect(moved?.data).toMatchObject({ bySeconds: -movedSeconds, exact: true, grantsMoved: 1 });
    await workspace.waitFor(
      () => messagesOf(workspace, 'access-prod').some(({ reply, says }) => reply && says.includes('clock went back')),
      { what: 'the line in the thread', timeoutMs: WAIT_MS },
    );
  },
  TIME_LIMIT_MS,
);
