import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { App, LogLevel } from '@slack/bolt';
import { type Logger, WebClient } from '@slack/web-api';
import { textOf } from '../../src/sandbox/workspace/elements.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';

const form = {
  type: 'modal' as const,
  callback_id: 'ask',
  notify_on_close: true,
  title: { type: 'plain_text' as const, text: 'Ask' },
  submit: { type: 'plain_text' as const, text: 'Send' },
  blocks: [
    {
      type: 'input' as const,
      block_id: 'role',
      dispatch_action: true,
      label: { type: 'plain_text' as const, text: 'Role' },
      element: { type: 'external_select' as const, action_id: 'role', min_query_length: 0 },
    },
    {
      type: 'input' as const,
      block_id: 'reason',
      label: { type: 'plain_text' as const, text: 'Reason' },
      element: { type: 'plain_text_input' as const, action_id: 'reason', min_length: 3 },
    },
  ],
};

const roles = ['orders-db/reader', 'orders-db/admin'];

/** A small bot with one listener of each kind, on the real Bolt. What it has heard stands in `heard`. */
function bot(workspace: Workspace, socketMode: boolean) {
  const heard: string[] = [];
  const app = new App({
    token: workspace.botToken,
    signingSecret: workspace.signingSecret,
    ...(socketMode ? { socketMode, appToken: workspace.appToken } : {}),
    clientOptions: { slackApiUrl: workspace.apiUrl, retryConfig: { retries: 0 } },
    logLevel: LogLevel.ERROR,
  });
  app.command('/elevate', async ({ command, ack, client, respond }) => {
    heard.push(`command ${command.text}`);
    if (command.text === 'help') return await ack('Type a role.');
    await ack();
    if (command.text === 'respond') return void (await respond({ text: 'Only you see this.' }));
    if (command.text === 'card') {
      const blocks = [
        { type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'May Dana have this?' } },
        {
          type: 'actions' as const,
          elements: [
            {
              type: 'button' as const,
              action_id: 'approve',
              value: 'r1',
              text: { type: 'plain_text' as const, text: 'Approve' },
            },
          ],
        },
      ];
      await client.chat.postMessage({ channel: command.channel_id, text: 'May Dana have this?', blocks });
      return;
    }
    await client.views.open({ trigger_id: command.trigger_id, view: form });
  });
  app.action('approve', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || body.message === undefined || body.channel === undefined) return;
    heard.push(`approve by ${body.user.id}`);
    const channel = body.channel.id;
    await client.chat.update({ channel, ts: body.message.ts, text: 'Approved.', blocks: [] });
    await client.chat.postMessage({ channel, thread_ts: body.message.ts, text: 'Granted.' });
    await client.chat.postMessage({ channel: body.user.id, text: 'Thank you.' });
    await client.chat.postEphemeral({ channel, user: body.user.id, text: 'Well done.' });
  });
  app.action('role', async ({ ack }) => {
    heard.push('role changed');
    await ack();
  });
  app.options('role', async ({ ack, options }) => {
    const found = roles.filter((role) => role.includes(options.value));
    await ack({ options: found.map((value) => ({ text: { type: 'plain_text', text: value }, value })) });
  });
  app.view('ask', async ({ ack, view }) => {
    const reason = view.state.values.reason?.reason?.value ?? '';
    heard.push(`asked ${view.state.values.role?.role?.selected_option?.value} because ${reason}`);
    if (reason === 'bad') return await ack({ response_action: 'errors', errors: { reason: 'Say more.' } });
    if (reason === 'next') {
      const view = { type: 'modal' as const, title: form.title, blocks: [{ type: 'divider' as const }] };
      return await ack({ response_action: 'push', view });
    }
    await ack();
  });
  app.view({ callback_id: 'ask', type: 'view_closed' }, async ({ ack }) => {
    heard.push('closed');
    await ack();
  });
  app.event('app_home_opened', async ({ event, client }) => {
    heard.push('home');
    const blocks = [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'Welcome' } }];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
  return { app, heard };
}

describe.each([
  ['signed HTTP', false],
  ['Socket Mode', true],
])('a Bolt app over %s', (_name, socketMode) => {
  let workspace: Workspace;
  let running: ReturnType<typeof bot>;

  beforeEach(async () => {
    workspace = await startWorkspace();
    running = bot(workspace, socketMode);
    if (socketMode) {
      await running.app.start();
    } else {
      const server = await running.app.start(0);
      const { port } = (server as { address(): unknown }).address() as AddressInfo;
      workspace.deliverTo(`http://127.0.0.1:${port}/slack/events`);
    }
  });

  afterEach(async () => {
    await running.app.stop();
    await workspace.stop();
  });

  it('carries a command to a modal, a search, an error at the field, a push, and the submission', async () => {
    const dev = workspace.user('dev');
    const typed = await dev.command('/elevate');
    expect(typed.status).toBe(200);
    expect(typed.ackMs).toBeLessThan(3000);
    const modal = await workspace.waitFor(() => dev.modal(), { what: 'the modal' });
    expect(modal.callbackId).toBe('ask');

    const empty = await dev.submit('modal');
    expect(empty.errors.reason).toBe('Please complete this required field.');
    expect(running.heard).toEqual(['command ']);

    const options = await dev.suggest('modal', 'role', 'admin');
    expect(options.map((option) => option.value)).toEqual(['orders-db/admin']);
    await dev.changeInput('modal', 'role', 'role', 'orders-db/admin');
    expect(running.heard).toContain('role changed');

    const refused = await dev.submit('modal', { reason: 'bad' });
    expect(refused.errors).toEqual({ reason: 'Say more.' });
    expect(dev.modal()?.errors).toEqual({ reason: 'Say more.' });

    await dev.submit('modal', { reason: 'next' });
    expect(workspace.modalStack('dev')).toHaveLength(2);
    await dev.closeModal();

    const sent = await dev.submit('modal', { reason: 'stuck orders' });
    expect(sent.view).toBeUndefined();
    expect(running.heard.at(-1)).toBe('asked orders-db/admin because stuck orders');
    await expect(dev.submit('modal')).rejects.toThrow('has no modal open');
  });

  it('offers only what the search returned', async () => {
    const dev = workspace.user('dev');
    await dev.command('/elevate');
    await workspace.waitFor(() => dev.modal());
    await expect(dev.fill('modal', { role: 'payroll/root' })).rejects.toThrow("doesn't offer 'payroll/root'");
  });

  it('tells the bot when a modal was closed', async () => {
    const dev = workspace.user('dev');
    await dev.command('/elevate');
    await workspace.waitFor(() => dev.modal());
    await dev.closeModal();
    await workspace.waitFor(() => running.heard.includes('closed'));
  });

  it('carries a click to an update, a thread line, a direct message and an ephemeral one', async () => {
    await workspace.user('dev').command('/elevate card', { channel: 'access' });
    const card = await workspace.waitFor(() => workspace.messages('#access').at(-1), { what: 'the card' });
    const dba = workspace.user('dba');
    const clicked = await dba.click(card, 'approve');
    expect(clicked.status).toBe(200);
    await workspace.waitFor(() => workspace.ephemerals('dba').length === 1, { what: 'the ephemeral message' });
    expect(workspace.message(card)?.text).toBe('Approved.');
    expect(textOf(workspace.message(card)?.earlier[0]?.blocks ?? [])).toContain('May Dana have this?');
    expect(workspace.thread(card).map((reply) => reply.text)).toEqual(['Granted.']);
    expect(workspace.dms('dba').map((message) => message.text)).toEqual(['Thank you.']);
    expect(workspace.ephemerals('dev')).toEqual([]);
    await expect(dba.click({ channel: card.channel, ts: card.ts }, 'approve')).rejects.toThrow('nothing to click');
  });

  it('delivers the same payload twice when asked to', async () => {
    await workspace.user('dev').command('/elevate card', { channel: 'access' });
    const card = await workspace.waitFor(() => workspace.messages('access').at(-1));
    const clicked = await workspace.user('dba').click(card, 'approve', { deliver: 2 });
    expect(clicked.others).toHaveLength(1);
    await workspace.waitFor(() => workspace.ephemerals('dba').length === 2, { what: 'both deliveries to be handled' });
    expect(running.heard.filter((line) => line.startsWith('approve'))).toHaveLength(2);
  });

  it('answers a command in the acknowledgement and through its response_url', async () => {
    const dev = workspace.user('dev');
    await dev.command('/elevate help');
    expect(workspace.ephemerals('dev').map((message) => message.text)).toEqual(['Type a role.']);
    await dev.command('/elevate respond');
    await workspace.waitFor(() => workspace.ephemerals('dev').at(-1)?.text === 'Only you see this.');
  });

  it('escapes people, groups and channels in a command, as should_escape asks', async () => {
    await workspace.user('dev').command('/elevate revoke @dba for @developers in #access <now> & here');
    await workspace.waitFor(() => workspace.modal('dev'));
    const { id } = workspace.user('dba');
    const channel = workspace.channel('access').id;
    expect(running.heard[0]).toBe(
      `command revoke <@${id}|dba> for <!subteam^S0GROUP002|@developers> in <#${channel}|access> &lt;now&gt; &amp; here`,
    );
  });

  it('opens the App Home', async () => {
    const dev = workspace.user('dev');
    await dev.openHome();
    await workspace.waitFor(() => workspace.home('dev'));
    expect(textOf(workspace.home('dev')?.blocks ?? [])).toBe('Welcome');
  });
});

describe('Socket Mode', () => {
  it('lets the app come back after Slack has sent it away', async () => {
    const workspace = await startWorkspace();
    const { app, heard } = bot(workspace, true);
    await app.start();
    workspace.sockets.disconnect('refresh_requested');
    await workspace.waitFor(() => workspace.sockets.count() === 0, { what: 'the old socket to close' });
    await workspace.waitFor(() => workspace.sockets.count() === 1, { timeoutMs: 15_000, what: 'the new socket' });
    await workspace.waitFor(async () => (await workspace.user('dev').command('/elevate help')).status === 200);
    expect(heard).toEqual(['command help']);
    await app.stop();
    await workspace.stop();
  });
});

describe('the Web API', () => {
  let workspace: Workspace;
  let client: WebClient;
  const code = async (call: Promise<unknown>): Promise<string> =>
    await call.then(
      () => 'ok',
      (error: { data?: { error?: string }; code?: string; message: string }) =>
        error.data?.error ?? error.code ?? error.message,
    );

  beforeEach(async () => {
    workspace = await startWorkspace();
    client = new WebClient(workspace.botToken, {
      slackApiUrl: workspace.apiUrl,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: quiet,
    });
  });
  afterEach(async () => {
    await workspace.stop();
  });

  it('knows who the bot is', async () => {
    const me = await client.auth.test();
    expect(me.user_id).toBe(workspace.install.botUserId);
    expect(me.team_id).toBe(workspace.install.teamId);
    expect(me.response_metadata?.scopes).toContain('chat:write');
  });

  it('refuses tokens that it doesn’t know or that were revoked', async () => {
    const other = new WebClient('xoxb-other', { slackApiUrl: workspace.apiUrl, retryConfig: { retries: 0 } });
    expect(await code(other.auth.test())).toBe('invalid_auth');
    workspace.revokeToken('token_revoked');
    expect(await code(client.auth.test())).toBe('token_revoked');
    workspace.restoreToken();
    expect(await code(client.auth.test())).toBe('ok');
  });

  it('tells guests, bots, strangers and the deactivated apart', async () => {
    const info = async (key: string) => (await client.users.info({ user: workspace.user(key).id })).user;
    expect(await info('dev')).toMatchObject({
      is_bot: false,
      deleted: false,
      is_restricted: false,
      tz: 'Europe/Berlin',
      team_id: workspace.install.teamId,
      profile: { email: 'dana@example.com' },
    });
    expect(await info('guest')).toMatchObject({ is_restricted: true });
    expect(await info('robot')).toMatchObject({ is_bot: true });
    expect(await info('stranger')).toMatchObject({ is_stranger: true, team_id: 'T0PARTNER1' });
    expect(await info('gone')).toMatchObject({ deleted: true });
    workspace.changePerson('dev', { deleted: true });
    expect(await info('dev')).toMatchObject({ deleted: true });
    expect(await code(client.users.lookupByEmail({ email: 'dana@example.com' }))).toBe('users_not_found');
    const found = await client.users.lookupByEmail({ email: 'bo@example.com' });
    expect(found.user?.id).toBe(workspace.user('dba').id);
  });

  it('lists user groups and their members, until the plan has none', async () => {
    const listed = await client.usergroups.list({ include_users: true });
    const dba = listed.usergroups?.find((group) => group.handle === 'dba');
    expect(dba?.date_delete).toBe(0);
    expect(dba?.users).toEqual([workspace.user('dba').id, workspace.user('dba2').id]);
    const members = await client.usergroups.users.list({ usergroup: dba?.id ?? '' });
    expect(members.users).toEqual(dba?.users);
    workspace.setGroup('dba', ['dba2'], { disabled: true });
    expect((await client.usergroups.list()).usergroups?.map((group) => group.handle)).toEqual(['developers', 'sre']);
    workspace.setPaidPlan(false);
    expect(await code(client.usergroups.list())).toBe('plan_upgrade_required');
  });

  it('grants exactly the scopes given', async () => {
    expect(await code(client.conversations.history({ channel: workspace.channel('access').id }))).toBe('missing_scope');
    expect(await code(client.users.profile.get({ user: workspace.user('dev').id }))).toBe('missing_scope');
    const small = await startWorkspace({ scopes: ['chat:write'] });
    const narrow = new WebClient(small.botToken, { slackApiUrl: small.apiUrl, retryConfig: { retries: 0 } });
    expect(await code(narrow.usergroups.list())).toBe('missing_scope');
    expect(await code(narrow.chat.postMessage({ channel: small.channel('security').id, text: 'x' }))).toBe(
      'not_in_channel',
    );
    expect(await code(narrow.chat.postMessage({ channel: small.channel('access').id, text: 'x' }))).toBe('ok');
    await small.stop();
  });

  it('keeps the bot out of private channels, archived ones and other people’s ephemerals', async () => {
    const post = (channel: string) => client.chat.postMessage({ channel: workspace.channel(channel).id, text: 'x' });
    expect(await code(post('no-bot-private'))).toBe('channel_not_found');
    expect(await code(post('data-private'))).toBe('ok');
    expect(await code(post('old-access'))).toBe('is_archived');
    expect(await code(post('security'))).toBe('ok');
    const secretly = client.chat.postEphemeral({
      channel: workspace.channel('security').id,
      user: workspace.user('dev').id,
      text: 'x',
    });
    expect(await code(secretly)).toBe('user_not_in_channel');
    expect(await code(client.conversations.open({ users: workspace.user('gone').id }))).toBe('user_disabled');
  });

  it('takes a trigger id once, and only while it lives', async () => {
    const { requests, close } = await listen(workspace);
    await workspace.user('dev').command('/elevate');
    const trigger_id = new URLSearchParams(requests[0]?.body).get('trigger_id') ?? '';
    expect(await code(client.views.open({ trigger_id: 'made-up', view: form }))).toBe('invalid_trigger_id');
    expect(await code(client.views.open({ trigger_id, view: form }))).toBe('ok');
    expect(await code(client.views.open({ trigger_id, view: form }))).toBe('exchanged_trigger_id');
    close();

    const late = await startWorkspace({ triggerLifeMs: -1 });
    const there = await listen(late);
    await late.user('dev').command('/elevate');
    const old = new URLSearchParams(there.requests[0]?.body).get('trigger_id') ?? '';
    const { views } = new WebClient(late.botToken, { slackApiUrl: late.apiUrl, retryConfig: { retries: 0 } });
    expect(await code(views.open({ trigger_id: old, view: form }))).toBe('expired_trigger_id');
    there.close();
    await late.stop();
  });

  it('refuses an update of a view that has moved on or is gone', async () => {
    const userId = workspace.user('dev').id;
    const view = { type: 'home' as const, blocks: [{ type: 'divider' as const }] };
    const first = await client.views.publish({ user_id: userId, view });
    const hash = first.view?.hash ?? '';
    expect(await code(client.views.publish({ user_id: userId, view, hash }))).toBe('ok');
    expect(await code(client.views.publish({ user_id: userId, view, hash }))).toBe('hash_conflict');
    expect(await code(client.views.update({ view_id: 'V0', view: form }))).toBe('not_found');
  });

  it('refuses what Slack refuses, and keeps what it would rather not see', async () => {
    const channel = workspace.channel('access').id;
    const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
    const tooLong = client.chat.postMessage({ channel, text: 'x', blocks: [section('x'.repeat(3001))] });
    await expect(tooLong).rejects.toMatchObject({
      data: {
        error: 'invalid_blocks',
        response_metadata: { messages: [expect.stringContaining('[json-pointer:/blocks/0/text/text]')] },
      },
    });
    expect(workspace.messages('access')).toHaveLength(0);
    expect(await code(client.chat.postMessage({ channel, text: 'see <!channel>' }))).toBe('ok');
    const view = { ...form, title: { type: 'plain_text' as const, text: 'x'.repeat(25) } };
    expect(await code(client.views.open({ trigger_id: 'any', view }))).toBe('invalid_arguments');
    expect(workspace.violations.map((violation) => `${violation.method} ${violation.rule}`)).toEqual([
      'chat.postMessage section.text.length',
      'chat.postMessage message.text.mention',
      'views.open modal.title.length',
    ]);
  });

  it('fails the next calls as told', async () => {
    const channel = workspace.channel('access').id;
    const post = () => client.chat.postMessage({ channel, text: 'once' });
    workspace.failNext('chat.postMessage', { status: 429, retryAfterSeconds: 7 });
    await expect(post()).rejects.toMatchObject({ retryAfter: 7 });
    workspace.failNext('chat.postMessage', { status: 500 });
    expect(await code(post())).toBe('slack_webapi_http_error');
    workspace.failNext('chat.postMessage', { error: 'internal_error', times: 2 });
    expect(await code(post())).toBe('internal_error');
    expect(await code(post())).toBe('internal_error');
    workspace.failNext('chat.postMessage', { reset: true });
    expect(await code(post())).toBe('slack_webapi_request_error');
    expect(workspace.messages('access')).toHaveLength(0);
    workspace.failNext('chat.postMessage', { afterEffect: true });
    expect(await code(post())).toBe('slack_webapi_request_error');
    expect(workspace.messages('access')).toHaveLength(1);
    expect(await code(post())).toBe('ok');
    expect(() => workspace.failNext('chat.postMessage', { times: 3 })).toThrow('say what goes wrong');
  });

  it('lets a response_url be used five times', async () => {
    const { requests, close } = await listen(workspace);
    await workspace.user('dev').command('/elevate');
    const url = new URLSearchParams(requests[0]?.body).get('response_url') ?? '';
    const headers = { 'content-type': 'application/json' };
    const statuses: number[] = [];
    for (let use = 0; use < 6; use += 1) {
      statuses.push((await fetch(url, { method: 'POST', body: '{"text":"hi"}', headers })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect(workspace.ephemerals('dev')).toHaveLength(5);
    close();
  });

  it('signs what it sends, and forges when asked to', async () => {
    const { requests, close } = await listen(workspace);
    const dev = workspace.user('dev');
    await dev.command('/elevate');
    await dev.command('/elevate', { signature: 'v0=forged', timestamp: 1, team: 'T0OTHER' });
    const [first, second] = requests;
    const signed = `v0:${first?.headers['x-slack-request-timestamp']}:${first?.body}`;
    const expected = createHmac('sha256', workspace.signingSecret).update(signed).digest('hex');
    expect(first?.headers['x-slack-signature']).toBe(`v0=${expected}`);
    expect(second?.headers).toMatchObject({ 'x-slack-signature': 'v0=forged', 'x-slack-request-timestamp': '1' });
    expect(new URLSearchParams(second?.body).get('team_id')).toBe('T0OTHER');
    close();
  });
});

/** Refusals are expected here; the client would print each of them. */
const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** A server that takes whatever Slack sends, acknowledges it and keeps it. */
async function listen(workspace: Workspace) {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += String(part);
    requests.push({ headers: request.headers, body });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  workspace.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`);
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { requests, close };
}
