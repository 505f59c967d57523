import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { AppsManifestValidateArguments } from '@slack/web-api';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '..', '..');
const SLACK = join(ROOT, 'src', 'slack');

/** The whole manifest, held to Slack's own type by the compiler and to the file by the test. */
type Manifest = AppsManifestValidateArguments['manifest'];
const expected: Manifest = {
  _metadata: { major_version: 1 },
  display_information: {
    name: 'Elevate',
    description: 'Access for as long as you need it, approved where you already talk, and taken away by itself.',
    background_color: '#1f2a44',
  },
  features: {
    app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
    bot_user: { display_name: 'elevate', always_online: true },
    shortcuts: [
      {
        name: 'Request access for this',
        type: 'message',
        callback_id: 'ask_about_message',
        description: 'Ask for access, with a link to this message on the card',
      },
    ],
    slash_commands: [
      {
        command: '/elevate',
        description: 'Ask for access, see what you hold, or end it',
        usage_hint:
          '[role duration reason ticket] | status | pending | extend | done | who role | revoke @somebody | help',
        should_escape: true,
      },
    ],
  },
  oauth_config: {
    scopes: {
      bot: [
        'commands',
        'chat:write',
        'chat:write.public',
        'users:read',
        'users:read.email',
        'users.profile:read',
        'usergroups:read',
        'im:write',
        'channels:read',
        'groups:read',
      ],
    },
  },
  settings: {
    event_subscriptions: { bot_events: ['app_home_opened', 'user_change'] },
    interactivity: { is_enabled: true },
    org_deploy_enabled: false,
    socket_mode_enabled: true,
    token_rotation_enabled: false,
  },
};

/** Bot scopes that each method of the Web API needs (Slack: each method's page, Scopes), as we call it. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postEphemeral': ['chat:write'],
  // chat:write.public: cards go to public channels that the bot was not invited to.
  'chat.postMessage': ['chat:write', 'chat:write.public'],
  'chat.update': ['chat:write'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.open': ['im:write'],
  'usergroups.list': ['usergroups:read'],
  // users:read.email: the profile comes without its address otherwise.
  'users.info': ['users:read', 'users:read.email'],
  'users.list': ['users:read', 'users:read.email'],
  'users.profile.get': ['users.profile:read'],
  'users.lookupByEmail': ['users:read.email'],
  'views.open': [],
  'views.publish': [],
  'views.update': [],
};
/** What a slash command needs, whatever is called. */
const COMMANDS = 'commands';

/** Every `client.family.method(` in the Slack layer. */
function calledMethods(): string[] {
  const files = readdirSync(SLACK, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const found = files.flatMap((path) => [
    ...readFileSync(join(SLACK, path), 'utf8').matchAll(/\bclient\.([a-z]\w*(?:\.[a-z]\w*)+)\(/g),
  ]);
  return [...new Set(found.map((match) => match[1] ?? ''))].sort();
}

describe('manifest.yml', () => {
  it('is this manifest', () => {
    expect(parse(readFileSync(join(ROOT, 'manifest.yml'), 'utf8'))).toEqual(expected);
  });

  it('stays within the lengths that Slack allows', () => {
    const { name, description = '' } = expected.display_information;
    expect(name.length).toBeLessThanOrEqual(35);
    expect(description.length).toBeLessThanOrEqual(140);
    for (const command of expected.features?.slash_commands ?? []) {
      expect(command.command).toMatch(/^\/[a-z]{1,31}$/);
      expect(command.description.length).toBeLessThanOrEqual(2_000);
      expect(command.usage_hint?.length ?? 0).toBeLessThanOrEqual(1_000);
    }
  });

  it('asks for exactly the scopes that the code needs', () => {
    const methods = calledMethods();
    expect(methods).toEqual(Object.keys(SCOPES).sort());
    const needed = new Set([COMMANDS, ...methods.flatMap((method) => SCOPES[method] ?? [])]);
    expect([...(expected.oauth_config?.scopes?.bot ?? [])].sort()).toEqual([...needed].sort());
  });

  it('never asks for what people write', () => {
    expect(JSON.stringify(expected)).not.toContain(':history');
  });
});
