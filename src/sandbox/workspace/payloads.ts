import { randomBytes } from 'node:crypto';
import type { Conversation } from './conversations.ts';
import { teamDomain } from './emulator.ts';
import type { Json } from './json.ts';
import type { Message } from './messages.ts';
import type { Person } from './people.ts';
import { actionTs } from './views.ts';

/** What every payload of one installation carries. */
export interface Installation {
  readonly teamId: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly botId: string;
}

/** The deprecated verification token, which Slack still sends and nobody should trust. */
const verificationToken = 'sandbox-verification-token';

function common(install: Installation, person: Person, team: string | undefined): Json {
  const teamId = team ?? person.teamId;
  return {
    user: { id: person.id, username: person.key, name: person.key, team_id: teamId },
    api_app_id: install.appId,
    token: verificationToken,
    team: { id: teamId, domain: teamId === install.teamId ? teamDomain : 'another-team' },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** Slack's page "Implementing slash commands": the fields of the form. */
export function commandPayload(
  install: Installation,
  person: Person,
  given: {
    place: Conversation;
    command: string;
    text: string;
    triggerId: string;
    responseUrl: string;
    team?: string | undefined;
  },
): Json {
  const teamId = given.team ?? person.teamId;
  return {
    token: verificationToken,
    team_id: teamId,
    team_domain: teamId === install.teamId ? teamDomain : 'another-team',
    channel_id: given.place.id,
    channel_name: given.place.isPrivate && given.place.userId === undefined ? 'privategroup' : given.place.name,
    user_id: person.id,
    user_name: person.key,
    command: given.command,
    text: given.text,
    api_app_id: install.appId,
    is_enterprise_install: 'false',
    response_url: given.responseUrl,
    trigger_id: given.triggerId,
  };
}

/** The message object as Slack puts it into payloads. */
export function messageObject(install: Installation, message: Message): Json {
  const byBot = message.user === install.botUserId;
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    text: message.text,
    team: install.teamId,
    blocks: message.blocks,
    ...(byBot ? { bot_id: install.botId, app_id: install.appId } : {}),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(message.earlier.length === 0 ? {} : { edited: { user: message.user, ts: message.ts } }),
  };
}

/** Slack's page "block_actions payload", from a message. Ephemeral messages come without the message itself. */
export function messageActionPayload(
  install: Installation,
  person: Person,
  given: {
    message: Message;
    place: Conversation;
    action: Json;
    triggerId: string;
    responseUrl: string;
    values: Json;
    team?: string | undefined;
  },
): Json {
  const { message, place } = given;
  const ephemeral = message.onlyFor !== undefined;
  return {
    type: 'block_actions',
    ...common(install, person, given.team),
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: ephemeral,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    trigger_id: given.triggerId,
    channel: { id: place.id, name: place.name },
    ...(ephemeral ? {} : { message: messageObject(install, message) }),
    state: { values: given.values },
    response_url: given.responseUrl,
    actions: [{ ...given.action, action_ts: actionTs() }],
  };
}

/** Slack's page "block_actions payload", from a modal or an App Home. */
export function viewActionPayload(
  install: Installation,
  person: Person,
  given: { view: Json; action: Json; triggerId: string; team?: string | undefined },
): Json {
  return {
    type: 'block_actions',
    ...common(install, person, given.team),
    container: { type: 'view', view_id: given.view.id },
    trigger_id: given.triggerId,
    view: given.view,
    actions: [{ ...given.action, action_ts: actionTs() }],
  };
}

/** Slack's page "View interaction payloads": view_submission. */
export function submissionPayload(
  install: Installation,
  person: Person,
  given: { view: Json; triggerId: string; team?: string | undefined },
): Json {
  return {
    type: 'view_submission',
    ...common(install, person, given.team),
    trigger_id: given.triggerId,
    view: given.view,
    response_urls: [],
  };
}

/** Slack's page "View interaction payloads": view_closed, sent when the view asked for it with notify_on_close. */
export function closedPayload(
  install: Installation,
  person: Person,
  given: { view: Json; isCleared: boolean; team?: string | undefined },
): Json {
  return {
    type: 'view_closed',
    ...common(install, person, given.team),
    view: given.view,
    is_cleared: given.isCleared,
  };
}

/** Slack's page "block_suggestion payload". */
export function suggestionPayload(
  install: Installation,
  person: Person,
  given: {
    actionId: string;
    blockId: string;
    query: string;
    container: Json;
    team?: string | undefined;
  } & ({ view: Json } | { message: Json; channel: Json }),
): Json {
  return {
    type: 'block_suggestion',
    ...common(install, person, given.team),
    container: given.container,
    action_id: given.actionId,
    block_id: given.blockId,
    value: given.query,
    ...('view' in given ? { view: given.view } : { message: given.message, channel: given.channel }),
  };
}

/** Slack's page "Shortcut payloads": a message shortcut with a message, a global one without. */
export function shortcutPayload(
  install: Installation,
  person: Person,
  given: {
    callbackId: string;
    triggerId: string;
    on?: { message: Message; place: Conversation; responseUrl: string } | undefined;
    team?: string | undefined;
  },
): Json {
  const base = {
    ...common(install, person, given.team),
    callback_id: given.callbackId,
    trigger_id: given.triggerId,
    action_ts: actionTs(),
  };
  if (given.on === undefined) return { type: 'shortcut', ...base };
  const { message, place, responseUrl } = given.on;
  return {
    type: 'message_action',
    ...base,
    channel: { id: place.id, name: place.name },
    message_ts: message.ts,
    message: messageObject(install, message),
    response_url: responseUrl,
  };
}

/** Slack's page "The Events API", event_callback. */
export function eventPayload(install: Installation, event: Json, team: string | undefined): Json {
  return {
    token: verificationToken,
    team_id: team ?? install.teamId,
    api_app_id: install.appId,
    event: { event_ts: actionTs(), ...event },
    type: 'event_callback',
    event_id: `Ev${randomBytes(5).toString('hex').toUpperCase()}`,
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: install.teamId,
        user_id: install.botUserId,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
}
