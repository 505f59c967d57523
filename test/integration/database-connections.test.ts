import { createServer, Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { schedule } from '../../src/domain/effect.ts';
import { requestId, workspaceId } from '../../src/domain/ids.ts';
import { startJobs } from '../../src/jobs/start.ts';
import { createLogger, createScrubber } from '../../src/logging.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createTeardown } from '../../src/teardown.ts';
import { done } from '../../src/usecases/ports.ts';
import { freshDatabase, startStore } from '../support/database.ts';
import { atPort, startTargetProxy } from '../support/target-proxy.ts';

const teardown = createTeardown();
let url: string;
beforeAll(async () => {
  const database = await freshDatabase();
  teardown.add(() => database.drop());
  url = database.url;
});
afterAll(() => teardown.run());

/** ReadyForQuery of a new session, and an ErrorResponse (PostgreSQL documentation, "Message Formats"). */
const WELCOME = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const FIELDS = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
const GOODBYE = Buffer.concat([Buffer.from([0x45, 0, 0, 0, FIELDS.length + 4]), FIELDS]);

it('a server that stops in the moment in which it lets us in fails what was asked, and not the process', async () => {
  const server = createServer((client) => {
    const onward = new Socket().connect(Number(new URL(url).port), '127.0.0.1');
    for (const each of [client, onward]) each.on('error', () => undefined);
    client.on('data', (chunk) => onward.write(chunk));
    client.on('close', () => onward.destroy());
    onward.on('data', (chunk) => {
      const at = chunk.indexOf(WELCOME);
      if (at < 0) client.write(chunk);
      else client.end(Buffer.concat([chunk.subarray(0, at + WELCOME.length), GOODBYE]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  teardown.add(() => new Promise((resolve) => server.close(resolve)));
  const listens = server.address();
  if (listens === null || typeof listens === 'string') throw new Error('The server got no port');

  const database = openDatabase(atPort(url, listens.port));
  const asked = database.transaction(async (db) => ({ value: await db.query`SELECT 1`, last: null }));
  await expect(asked).rejects.toThrow('The database does not answer');
  await database.close();
});

it('a server that takes connections and cuts them is asked by busy workers a few times a second, and not without end', async () => {
  const proxy = await startTargetProxy(Number(new URL(url).port));
  teardown.add(() => proxy.close());
  const { store, close } = await startStore(url);
  teardown.add(close);
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const jobs = await startJobs({
    outbox: store.outbox,
    onCommit: store.onCommit,
    perform: async () => {
      begin();
      await finished;
      return done;
    },
    performEnds: async () => ({ settled: new Set(), batched: false }),
    backend: { databaseUrl: atPort(url, proxy.port) },
    log: createLogger({ level: 'silent', scrubber: createScrubber() }),
  });
  teardown.add(() => jobs.stop(0));
  // More than one process has hands for, so that the worker has not yet seen the end of its queue.
  await store.transaction(workspaceId('T0BUSY'), (tx) =>
    tx.save({
      effects: Array.from({ length: 40 }, (_, n) =>
        schedule({ kind: 'expire_request', requestId: requestId(`req_${n}`) }, new Date(tx.now.getTime() + 1_000)),
      ),
    }),
  );
  await begun;
  proxy.meet('refuse');
  proxy.cut();
  finish();
  const before = proxy.came();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(proxy.came() - before).toBeLessThan(400);
});
