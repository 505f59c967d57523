import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AuditEvent } from '../../src/domain/audit.ts';
import { CHAIN_START, chain } from '../../src/domain/audit.ts';
import { createGrant } from '../../src/domain/grant.ts';
import { grantId, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import { byPerson } from '../../src/domain/person.ts';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { createChannels } from '../../src/slack/channels.ts';
import { createClients } from '../../src/slack/clients.ts';
import { createDirects } from '../../src/slack/directs.ts';
import { createIdentity } from '../../src/slack/identity.ts';
import { createMessenger } from '../../src/slack/messenger.ts';
import { en } from '../../src/slack/text/en.ts';
import { type Messenger, Outage, type RequestView } from '../../src/usecases/ports.ts';
import { aRequest, dba, T0 } from '../support/domain.ts';

let workspace: Workspace;
let messenger: Messenger;
let nowMs = 0;

beforeEach(async () => {
  nowMs = 0;
  workspace = await startWorkspace();
  const log = pino({ level: 'silent' });
  const { background: client } = createClients({ token: workspace.botToken, apiUrl: workspace.apiUrl, log });
  messenger = createMessenger({
    client,
    channels: createChannels(client, () => nowMs),
    directs: createDirects(client),
    identity: createIdentity(client).get,
    text: en,
  });
});
afterEach(async () => {
  expect(workspace.violations).toEqual([]);
  await workspace.stop();
});

const viewIn = (channel: string): RequestView => {
  const request = aRequest();
  return {
    request: { ...request, role: { ...request.role, channel } },
    grant: null,
    approvers: [],
    deciders: [],
    voters: null,
    extensionSeconds: null,
    unsure: false,
    now: T0,
  };
};
const HERE = { place: 'decision', other: null, again: false } as const;
const line = (number: number) => ({ kind: 'timeline', number, again: false }) as const;
const calls = (method: string): number => workspace.calls.filter((call) => call.method === method).length;

async function outage(work: Promise<unknown>): Promise<Outage> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Outage) return error;
  throw new Error(`That was no outage but ${String(error)}`);
}

function event(kind: 'request.cancelled' | 'decision.refused'): AuditEvent {
  const data = kind === 'decision.refused' ? { kind, data: { code: 'own_request' } } : { kind, data: {} };
  const fresh = { ...data, at: T0, actor: byPerson(dba), requestId: aRequest().id, grantId: null };
  const [first] = chain(workspaceId('T0TEAM'), { sequence: 0, hash: CHAIN_START }, [fresh]);
  if (!first) throw new Error('There is no event');
  return first;
}

describe('a card', () => {
  it('is posted in the channel of the name, whose id is looked up once, and updated in place', async () => {
    const ref = await messenger.postCard(viewIn('#access'), HERE);
    expect(ref.channelId).toBe(workspace.channel('access').id);
    await messenger.postCard(viewIn('#access-prod'), HERE);
    expect(calls('conversations.list')).toBe(1);
    await messenger.updateCard(
      ref,
      { ...viewIn('#access'), request: aRequest({ status: 'expired', closedAt: T0 }) },
      HERE,
    );
    const [card, ...others] = workspace.messages('access');
    expect(others).toEqual([]);
    expect(card?.text).toContain('expired');
  });

  it('goes to an id as it stands', async () => {
    const ref = await messenger.postCard(viewIn(workspace.channel('data-private').id), HERE);
    expect(ref.channelId).toBe(workspace.channel('data-private').id);
    expect(calls('conversations.list')).toBe(0);
  });

  it('looks the name up anew when it has been forgotten or was never known', async () => {
    await messenger.postCard(viewIn('#access'), HERE);
    nowMs += 600_000;
    await messenger.postCard(viewIn('#access'), HERE);
    expect(calls('conversations.list')).toBe(2);
  });
});

describe('what goes wrong', () => {
  const cases: readonly [string, string, () => void, Partial<Outage>, RegExp][] = [
    [
      'a rate limit is waited for',
      '#access',
      () => workspace.failNext('chat.postMessage', { status: 429, retryAfterSeconds: 7 }),
      { kind: 'transient', retryAfterSeconds: 7 },
      /7 s/,
    ],
    [
      'a post without an answer may have happened',
      '#access',
      () => workspace.failNext('chat.postMessage', { afterEffect: true }),
      { kind: 'unknown_outcome' },
      /did not answer/,
    ],
    [
      'so may one that was answered with 500',
      '#access',
      () => workspace.failNext('chat.postMessage', { status: 500 }),
      { kind: 'unknown_outcome' },
      /500/,
    ],
    [
      'an error of Slack’s own passes',
      '#access',
      () => workspace.failNext('chat.postMessage', { error: 'internal_error' }),
      { kind: 'transient' },
      /internal_error/,
    ],
    [
      'a channel that nobody made',
      '#nowhere',
      () => undefined,
      { kind: 'permanent' },
      /no channel #nowhere.*create it/,
    ],
    ['an archived one', '#old-access', () => undefined, { kind: 'permanent' }, /unarchive it/],
    ['a private one without the bot', '#no-bot-private', () => undefined, { kind: 'permanent' }, /invite the bot/],
    [
      'a revoked token',
      '#access',
      () => workspace.revokeToken('token_revoked'),
      { kind: 'permanent' },
      /token_revoked.*SLACK_BOT_TOKEN/,
    ],
  ];
  it.each(cases)('%s', async (_, channel, prepare, expected, words) => {
    prepare();
    const failed = await outage(messenger.postCard(viewIn(channel), HERE));
    expect(failed).toMatchObject(expected);
    expect(failed.message).toMatch(words);
    expect(failed.message).not.toContain(workspace.botToken);
  });

  it('an update without an answer is harmless twice', async () => {
    const ref = await messenger.postCard(viewIn('#access'), HERE);
    workspace.failNext('chat.update', { afterEffect: true });
    expect(await outage(messenger.updateCard(ref, viewIn('#access'), HERE))).toMatchObject({ kind: 'transient' });
    workspace.failNext('chat.update', { error: 'message_not_found' });
    expect(await messenger.updateCard(ref, viewIn('#access'), HERE)).toBe('gone');
  });

  it('never posts twice by itself', async () => {
    workspace.failNext('chat.postMessage', { afterEffect: true });
    await outage(messenger.postCard(viewIn('#access'), HERE));
    expect(workspace.messages('access')).toHaveLength(1);
  });
});

describe('a thread', () => {
  it('gets one numbered line, and none for an event that has no line', async () => {
    const ref = await messenger.postCard(viewIn('#access'), HERE);
    await messenger.postThreadLine(ref, line(1), event('decision.refused'), viewIn('#access'));
    await messenger.postThreadLine(ref, line(2), event('request.cancelled'), viewIn('#access'));
    const lines = workspace.thread({ channel: ref.channelId, ts: ref.ts }).map((message) => message.text);
    expect(lines).toEqual([expect.stringMatching(/^2 · <!date\^\d+\^.*> · <@U0DBA> cancelled the request\.$/)]);
  });
});

describe('a direct message', () => {
  it('goes to the person, whose conversation is opened once', async () => {
    const dev = slackUserId(workspace.user('dev').id);
    await messenger.notify(dev, 'request_submitted', viewIn('#access'), null);
    await messenger.notify(dev, 'request_cancelled', viewIn('#access'), null);
    expect(workspace.dms('dev').map((message) => message.text)).toEqual([
      expect.stringContaining('is in.'),
      expect.stringContaining('You cancelled'),
    ]);
    expect(calls('conversations.open')).toBe(1);
  });

  it('to somebody who has left is given up quietly', async () => {
    await messenger.notify(slackUserId(workspace.user('gone').id), 'access_ended', viewIn('#access'), null);
    expect(calls('chat.postMessage')).toBe(0);
  });
});

describe('an alert', () => {
  it('names who still has what', async () => {
    const request = aRequest();
    const born = createGrant(grantId('grt_0000000000000001'), request, {}, T0).state;
    const failing = { ...born, status: 'revoking' as const, endDueAt: T0, attempts: 2, lastError: 'permission denied' };
    const view = { ...viewIn('#access'), request, grant: failing };
    const ref = await messenger.postAlert('#security', view, {
      repeat: 0,
      owners: ['dba'],
      people: [],
      escalated: [],
      next: null,
      ended: null,
      card: { channelId: 'C0ACCESS', ts: '1700000000.000100' },
    });
    const [alert] = workspace.messages('security');
    expect(alert?.text).toContain('Access was not removed');
    expect(alert?.text).toContain('<@U0DEV>');
    expect(JSON.stringify(alert?.blocks)).toMatch(/permission denied.*grant_retry.*open_resolve_form/);
    expect(JSON.stringify(alert?.blocks)).toMatch(/<https:[^|]*C0ACCESS\/p1700000000000100\|card and thread>/);

    const gone = { ...view, grant: { ...failing, status: 'ended' as const, endedAt: T0, lastError: null } };
    await messenger.updateAlert(ref, gone, {
      repeat: 1,
      owners: ['dba'],
      people: [],
      escalated: [],
      next: null,
      ended: null,
    });
    const [over] = workspace.messages('security');
    expect(over?.text).toContain('read back as gone');
    expect(JSON.stringify(over?.blocks)).not.toContain('grant_retry');
  });
});
