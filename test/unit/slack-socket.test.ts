import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { App } from '@slack/bolt';
import { pino } from 'pino';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createSocketReceiver } from '../../src/slack/receive-socket.ts';

const log = pino({ level: 'silent' });
let workspace: Workspace;
let socket: ReturnType<typeof createSocketReceiver>;

beforeEach(async () => {
  workspace = await startWorkspace();
});
afterEach(async () => {
  await socket.stop();
  await workspace.stop();
});

function open(appToken = workspace.appToken) {
  socket = createSocketReceiver({ appToken, apiUrl: workspace.apiUrl, log });
  const app = new App({ receiver: socket.receiver, authorize: async () => ({ botToken: workspace.botToken }) });
  app.command('/elevate', ({ ack }) => ack('heard'));
}

/** What the bot answers, over whichever connection stands. */
const ask = async (): Promise<boolean> =>
  (
    await workspace
      .user('dev')
      .command('/elevate')
      .catch(() => null)
  )?.status === 200;
const eventually = (what: string, is: () => boolean | Promise<boolean>) =>
  workspace.waitFor(is, { what, timeoutMs: 10_000 });

describe('Socket Mode', () => {
  it('hears and answers, and says that it stands', async () => {
    open();
    expect(socket.trouble()).toContain('not connected yet');
    await socket.start();
    expect(socket.trouble()).toBeNull();
    expect(await ask()).toBe(true);
  });

  it.each(['cut', 'refresh_requested', 'warning'] as const)('connects again after Slack hung up: %s', async (how) => {
    open();
    await socket.start();
    workspace.sockets.disconnect(how);
    const opened = (): number => workspace.calls.filter((call) => call.method === 'apps.connections.open').length;
    await eventually('a second socket', () => opened() === 2);
    await eventually('it to stand', () => socket.trouble() === null && workspace.sockets.count() === 1);
    expect(await ask()).toBe(true);
  });

  it('goes on trying when Slack cannot be reached at the start, without an unhandled rejection', async () => {
    open();
    workspace.failNext('apps.connections.open', { reset: true });
    workspace.failNext('apps.connections.open', { status: 500 });
    await socket.start();
    expect(socket.trouble()).not.toBeNull();
    await eventually('the socket after two failures', () => socket.trouble() === null);
    expect(await ask()).toBe(true);
  });

  it('names the variable when its token is refused', async () => {
    open('xapp-1-wrong');
    await socket.start();
    expect(socket.trouble()).toContain('SLACK_APP_TOKEN');
  });

  it('leaves no connection behind when it is stopped in the middle of connecting', async () => {
    open();
    const starting = socket.start();
    await eventually('it to ask for a socket', () =>
      workspace.calls.some((call) => call.method === 'apps.connections.open'),
    );
    await socket.stop();
    await starting;
    await eventually('no socket', () => workspace.sockets.count() === 0);
  });

  it('stops for good', async () => {
    open();
    await socket.start();
    await socket.stop();
    await eventually('no socket', () => workspace.sockets.count() === 0);
  });
});
