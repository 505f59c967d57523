import type { AddressInfo } from 'node:net';
import { App, type Logger, LogLevel, type types } from '@slack/bolt';
import type { Workspace } from '../../src/sandbox/workspace/workspace.ts';

/** Access on a target that is only a set: what matters here is the page. */
interface Asked {
  readonly by: string;
  readonly role: string;
  readonly reason: string;
  channel: string;
  ts: string;
}

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

const roles = [
  { key: 'orders-db/admin', title: 'Orders database admin', about: 'production · ▲ High risk' },
  { key: 'orders-db/read', title: 'Orders database reader', about: 'production · ○ Low risk' },
  { key: 'web-cluster/exec', title: 'Web cluster shell', about: 'staging · ◐ Medium risk' },
];

const plain = (text: string): types.PlainTextElement => ({ type: 'plain_text', text });
const mrkdwn = (text: string): types.MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true });
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

/** A small bot on the real Bolt that behaves, for the page, as Elevate does: a form, a card, a decision, an end. */
export async function startBrowserBot(workspace: Workspace) {
  const app = new App({
    token: workspace.botToken,
    signingSecret: workspace.signingSecret,
    clientOptions: { slackApiUrl: workspace.apiUrl, retryConfig: { retries: 0 } },
    // What the page is shown is what counts; the refusals that a test provokes need not be printed.
    logger: silent,
  });
  const asked: Asked[] = [];
  const holders = new Set<string>();

  function card(request: Asked, state: string, waits: boolean): types.KnownBlock[] {
    return [
      { type: 'header', text: plain(`${nameOf(request.by)} asks for ${roleOf(request.role).title}`) },
      {
        type: 'section',
        fields: [
          mrkdwn(`*Who*\n<@${request.by}>`),
          mrkdwn(`*What*\n${roleOf(request.role).title}\n\`${request.role}\``),
          mrkdwn('*Where*\norders-db · production'),
          mrkdwn('*Risk*\n▲ High risk'),
          mrkdwn(`*How long*\n1 hour, until <!date^${inAnHour()}^{date_short_pretty} {time}|in an hour>`),
          mrkdwn('*Ticket*\nINC-42'),
        ],
      },
      { type: 'context', elements: [mrkdwn('*Reason*')] },
      { type: 'section', text: { ...plain(request.reason), emoji: false } },
      { type: 'context', elements: [mrkdwn(`Rule “owners approve” of \`${request.role}\` asks for this approval.`)] },
      { type: 'section', text: mrkdwn(state) },
      ...(waits ? [{ type: 'divider' as const }, buttons(request)] : []),
    ];
  }

  function buttons(request: Asked): types.ActionsBlock {
    return {
      type: 'actions',
      block_id: 'decide',
      elements: [
        {
          type: 'button',
          action_id: 'request_approve',
          style: 'primary',
          value: String(asked.indexOf(request)),
          text: plain('Approve'),
          accessibility_label: `Approve ${request.role} for ${nameOf(request.by)}`,
          confirm: {
            title: plain('Approve high-risk access?'),
            text: plain('Your name is kept with it.'),
            confirm: plain('Approve'),
            deny: plain('Not yet'),
            style: 'danger',
          },
        },
        { type: 'button', action_id: 'request_deny', value: String(asked.indexOf(request)), text: plain('Deny…') },
      ],
    };
  }

  const nameOf = (id: string): string => workspace.people().find((person) => person.id === id)?.realName ?? id;
  const roleOf = (key: string) => roles.find((role) => role.key === key) ?? { key, title: key, about: '' };

  async function ask(by: string, role: string, reason: string): Promise<void> {
    const request: Asked = { by, role, reason, channel: '', ts: '' };
    asked.push(request);
    const posted = await app.client.chat.postMessage({
      channel: workspace.channel('access-prod').id,
      text: `${nameOf(by)} asks for ${role}: ${escaped(reason)}`,
      blocks: card(request, `*Waiting.* May decide now: <!subteam^${workspace.groups()[0]?.id}>`, true),
    });
    request.channel = posted.channel ?? '';
    request.ts = posted.ts ?? '';
    await reply(request, `<@${by}> asked.`);
  }

  async function reply(request: Asked, text: string): Promise<void> {
    await app.client.chat.postMessage({ channel: request.channel, thread_ts: request.ts, text });
  }

  async function decide(request: Asked, state: string): Promise<void> {
    await app.client.chat.update({
      channel: request.channel,
      ts: request.ts,
      text: `${request.role} for ${nameOf(request.by)}`,
      blocks: card(request, state, false),
    });
  }

  async function end(request: Asked): Promise<void> {
    holders.delete(request.by);
    await decide(request, '*Ended*: its time was over.');
    await reply(request, 'Ended, and read back as gone.');
    await app.client.chat.postMessage({ channel: request.by, text: `Your \`${request.role}\` has ended.` });
  }

  app.command('/elevate', async ({ command, ack, client }) => {
    const typed = command.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
    const [role = '', ...words] = typed.split(' ').filter((word) => word !== '');
    if (role === 'help') return await ack('*Elevate gives you access for a while.*\nType `/elevate` to ask.');
    if (role === 'broken') {
      await ack();
      const blocks = [{ type: 'header' as const, text: plain('x'.repeat(200)) }];
      await client.chat.postMessage({ channel: command.channel_id, text: 'Too long', blocks }).catch(() => undefined);
      return;
    }
    await ack();
    if (role !== '') return await ask(command.user_id, role, words.join(' '));
    await client.views.open({ trigger_id: command.trigger_id, view: form('') });
  });

  function form(chosen: string): types.ModalView {
    return {
      type: 'modal',
      callback_id: 'request_form',
      title: plain('Ask for access'),
      submit: plain('Ask'),
      close: plain('Close'),
      blocks: [
        {
          type: 'input',
          block_id: 'role',
          dispatch_action: true,
          label: plain('What do you need?'),
          hint: plain('You see only what you may ask for.'),
          element: {
            type: 'external_select',
            action_id: 'role',
            min_query_length: 0,
            placeholder: plain('Search by name, resource or environment'),
          },
        },
        ...(chosen === ''
          ? []
          : [{ type: 'context' as const, elements: [mrkdwn(`*${chosen}* · ${roleOf(chosen).about}`)] }]),
        {
          type: 'input',
          block_id: 'duration',
          label: plain('For how long?'),
          element: {
            type: 'static_select',
            action_id: 'duration',
            initial_option: { text: plain('1 hour'), value: '3600' },
            options: [
              { text: plain('30 minutes'), value: '1800' },
              { text: plain('1 hour'), value: '3600' },
            ],
          },
        },
        {
          type: 'input',
          block_id: 'reason',
          label: plain('What is it for?'),
          element: { type: 'plain_text_input', action_id: 'reason', multiline: true, min_length: 4 },
        },
      ],
    };
  }

  app.options('role', async ({ ack, options }) => {
    const found = roles.filter((role) =>
      `${role.key} ${role.title}`.toLowerCase().includes(options.value.toLowerCase()),
    );
    await ack({
      options: found.map(({ key, title, about }) => ({ text: plain(title), value: key, description: plain(about) })),
    });
  });
  app.action('role', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions' || body.view === undefined) return;
    const chosen = body.view.state.values.role?.role?.selected_option?.value ?? '';
    await client.views.update({ view_id: body.view.id, view: form(chosen) });
  });
  app.view('request_form', async ({ ack, body, view }) => {
    const reason = view.state.values.reason?.reason?.value ?? '';
    if (reason.startsWith('just')) {
      return await ack({ response_action: 'errors', errors: { reason: 'Say which problem you are working on.' } });
    }
    await ack();
    await ask(body.user.id, view.state.values.role?.role?.selected_option?.value ?? '', reason);
  });
  app.action('request_approve', async ({ ack, body, action, client }) => {
    await ack();
    const request = action.type === 'button' ? asked[Number(action.value)] : undefined;
    if (request === undefined) return;
    if (request.by === body.user.id) {
      const text = 'You asked for this yourself, so somebody else has to decide.';
      return void (await client.chat.postEphemeral({ channel: request.channel, user: body.user.id, text }));
    }
    holders.add(request.by);
    await decide(request, `*Live*, approved by <@${body.user.id}>.`);
    await reply(request, `Approved by <@${body.user.id}>.`);
    await client.chat.postMessage({
      channel: request.by,
      text: `Your \`${request.role}\` is live.`,
      blocks: [
        {
          type: 'section',
          text: mrkdwn(`*Your access is live.*\nConnect with \`psql orders\` as \`dana\`; it ends by itself.`),
        },
        {
          type: 'actions',
          elements: [
            {
              type: 'button',
              action_id: 'grant_return',
              text: plain('I’m done'),
              value: String(asked.indexOf(request)),
            },
          ],
        },
      ],
    });
  });
  app.action('request_deny', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'deny_form',
        title: plain('Deny request'),
        submit: plain('Deny'),
        close: plain('Back'),
        blocks: [
          {
            type: 'input',
            block_id: 'reason',
            label: plain('Why not?'),
            element: { type: 'plain_text_input', action_id: 'reason' },
          },
        ],
      },
    });
  });
  app.view('deny_form', async ({ ack }) => await ack());
  app.action('grant_return', async ({ ack, action }) => {
    await ack();
    const request = action.type === 'button' ? asked[Number(action.value)] : undefined;
    if (request !== undefined) await end(request);
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks: types.KnownBlock[] = [
      { type: 'header', text: plain('Your access') },
      { type: 'section', text: mrkdwn(holders.has(event.user) ? '● `orders-db/admin`' : 'You hold nothing.') },
      { type: 'actions', elements: [{ type: 'button', action_id: 'open_form', text: plain('Ask for access') }] },
    ];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
  app.action('open_form', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions') await client.views.open({ trigger_id: body.trigger_id, view: form('') });
  });

  const server = await app.start(0);
  const address = 'address' in server ? (server.address() as AddressInfo) : undefined;
  workspace.deliverTo(`http://127.0.0.1:${address?.port}/slack/events`);

  return {
    holds: (personId: string): boolean => holders.has(personId),
    /** The time of everything that is live is over. */
    async endAll(): Promise<void> {
      for (const request of asked) if (holders.has(request.by)) await end(request);
    },
    stop: async (): Promise<void> => {
      await app.stop();
    },
  };
}
