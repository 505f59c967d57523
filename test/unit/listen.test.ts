import { once } from 'node:events';
import { connect } from 'node:net';
import { platform } from 'node:os';
import { afterEach, expect, it } from '@jest/globals';
import { listen } from '../../src/listen.ts';
import { createTeardown, type Teardown } from '../../src/teardown.ts';

const teardowns: Teardown[] = [];
afterEach(async () => {
  for (const each of teardowns.splice(0)) await each.run();
});
const start = async (host?: string): Promise<number> => {
  const teardown = createTeardown();
  teardowns.push(teardown);
  const url = await listen(0, teardown, (_, response) => response.end('here'), host);
  return Number(new URL(url).port);
};
/** Whether somebody answers there. Only Linux has the whole of 127.0.0.0/8 without being told so. */
const answers = async (host: string, port: number): Promise<boolean> => {
  const socket = connect({ host, port });
  const came = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(
      () => false,
      () => false,
    ),
  ]).catch(() => false);
  socket.destroy();
  return came;
};
const onLinux = platform() === 'linux' ? it : it.skip;

onLinux('answers on every address, or on the one that it is given', async () => {
  const everywhere = await start();
  expect([await answers('127.0.0.1', everywhere), await answers('127.0.0.2', everywhere)]).toEqual([true, true]);
  const one = await start('127.0.0.1');
  expect([await answers('127.0.0.1', one), await answers('127.0.0.2', one)]).toEqual([true, false]);
});
