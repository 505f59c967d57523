import { actionFor, confirmOf } from './actions.ts';
import type { Core } from './core.ts';
import { type DeliverOptions, type Delivery, notSent } from './delivery.ts';
import { findElement, interactive, type Which } from './elements.ts';
import { personToken } from './emulator.ts';
import { escapeCommandText } from './escape.ts';
import { isJson, type Json, object, objects, text } from './json.ts';
import type { Message, MessageRef } from './messages.ts';
import { type ClickOptions, type ClickResult, createViewDriver, type Submission } from './modal-driver.ts';
import {
  commandPayload,
  eventPayload,
  messageActionPayload,
  messageObject,
  shortcutPayload,
  suggestionPayload,
} from './payloads.ts';
import type { Person } from './people.ts';
import { type FieldValue, initialState, type StateValues } from './values.ts';
import type { ShownView } from './views.ts';

/** What a person acts on: a message, their App Home, or the top of their modal. */
export type Target = MessageRef | ShownView | 'home' | 'modal';

export interface CommandOptions extends DeliverOptions {
  /** Where it is typed: a channel's name or id, or 'dm' for the conversation with the bot. 'general' unless set. */
  readonly channel?: string;
  /** Sends the text as it stands, without the escaping that should_escape asks for. */
  readonly raw?: boolean;
}

export type Persona = ReturnType<typeof createPersona>;

/** Somebody at their Slack client. Everything they do reaches the bot as Slack would send it. */
export function createPersona(core: Core, personId: string) {
  const { install, views, messages, conversations, triggers, responseUrls } = core;
  const me = (): Person => core.people.get(personId);
  const inViews = createViewDriver(core, personId);

  function viewOf(target: ShownView | 'home' | 'modal'): ShownView {
    if (target === 'modal') return inViews.top();
    if (target !== 'home') return target;
    const home = views.home(personId);
    if (home === undefined) throw new Error(`${me().key} has no App Home yet: the bot hasn't published one.`);
    return home;
  }

  /** The message as this person sees it: what they hold in hand if they read it before, else what stands there now. */
  function seen(ref: MessageRef): Message {
    const message = isMessage(ref) ? ref : messages.get(ref);
    if (message === undefined) throw new Error(`There is no message ${ref.ts} in ${ref.channel}.`);
    if (message.onlyFor !== undefined && message.onlyFor !== personId) {
      throw new Error(`Only ${core.people.get(message.onlyFor).key} can see that ephemeral message.`);
    }
    return message;
  }

  async function place(channel: string) {
    return channel === 'dm' ? await conversations.openDirect(personId) : conversations.get(channel);
  }

  /** `/elevate orders-db/admin 1h`: the command is the first word. */
  async function command(line: string, options: CommandOptions = {}): Promise<Delivery> {
    const [name = '', ...rest] = line.trim().split(' ');
    if (!name.startsWith('/')) throw new Error(`A command begins with a slash: '${line}' does not.`);
    const where = await place(options.channel ?? 'general');
    const words = rest.join(' ').trim();
    const payload = commandPayload(install, me(), {
      place: where,
      command: name,
      text: options.raw === true ? words : escapeCommandText(words, core),
      triggerId: triggers.make(personId),
      responseUrl: responseUrls.make(where.id, personId),
      team: options.team,
    });
    const answer = await core.send('slash_commands', payload, options);
    const said = typeof answer.body === 'string' ? { text: answer.body } : object(answer.body);
    if (answer.status === 200 && !answer.late && (text(said.text) !== '' || Array.isArray(said.blocks))) {
      const broken = core.inspect('command answer', said).some((violation) => violation.slackError !== undefined);
      if (!broken) responseUrls.answerCommand({ channel: where.id, userId: personId }, said);
    }
    return answer;
  }

  async function clickMessage(ref: MessageRef, which: Which, options: ClickOptions): Promise<ClickResult> {
    const message = seen(ref);
    const placed = findElement(message.blocks, which, 'the message');
    const confirm = confirmOf(placed);
    if (options.cancel === true && confirm !== undefined) return { ...notSent, confirm };
    const offered = core.offered.get(`${message.ts}/${text(placed.element.action_id)}`) ?? [];
    const payload = messageActionPayload(install, me(), {
      // The payload carries the message as it stands now, whatever this person's screen still shows.
      message: messages.get(ref) ?? message,
      place: conversations.get(message.channel),
      action: actionFor(placed, options.choose, offered),
      triggerId: triggers.make(personId),
      responseUrl: responseUrls.make(message.channel, personId, { channel: message.channel, ts: message.ts }),
      values: stateOf(message.blocks),
      team: options.team,
    });
    return { ...(await core.send('interactive', payload, options)), confirm };
  }

  /** A button, or a menu with `{ choose }`, on a message, the App Home or the modal. */
  async function click(target: Target, which: Which, options: ClickOptions = {}): Promise<ClickResult> {
    if (target === 'home' || target === 'modal' || 'hash' in target) {
      return await inViews.click(viewOf(target), which, options);
    }
    return await clickMessage(target, which, options);
  }

  async function suggest(target: Target, which: Which, query: string, options: DeliverOptions = {}): Promise<Json[]> {
    if (target === 'home' || target === 'modal' || 'hash' in target) {
      return await inViews.suggest(viewOf(target), which, query, options);
    }
    const message = seen(target);
    const { element, block } = findElement(message.blocks, which, 'the message');
    const actionId = text(element.action_id);
    const payload = suggestionPayload(install, me(), {
      actionId,
      blockId: text(block.block_id),
      query,
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: false },
      message: messageObject(install, message),
      channel: { id: message.channel, name: conversations.get(message.channel).name },
      team: options.team,
    });
    const answer = await core.send('interactive', payload, options);
    if (answer.status === 200) core.inspect('options', object(answer.body));
    const found = objects(object(answer.body).options);
    core.offered.set(`${message.ts}/${actionId}`, found);
    return found;
  }

  /** Opens the App Home tab: the bot hears app_home_opened (Slack's page "app_home_opened event"). */
  async function openHome(options: DeliverOptions & { readonly tab?: 'home' | 'messages' } = {}): Promise<Delivery> {
    const home = views.home(personId);
    const event: Json = {
      type: 'app_home_opened',
      user: personId,
      channel: (await conversations.openDirect(personId)).id,
      tab: options.tab ?? 'home',
      ...(home === undefined ? {} : { view: views.format(home) }),
    };
    return await core.send('events_api', eventPayload(install, event, options.team), options);
  }

  /** A message shortcut with a message, a global shortcut without. */
  async function shortcut(callbackId: string, on?: MessageRef, options: DeliverOptions = {}): Promise<Delivery> {
    const message = on === undefined ? undefined : seen(on);
    const payload = shortcutPayload(install, me(), {
      callbackId,
      triggerId: triggers.make(personId),
      on:
        message === undefined
          ? undefined
          : {
              message,
              place: conversations.get(message.channel),
              responseUrl: responseUrls.make(message.channel, personId, message),
            },
      team: options.team,
    });
    return await core.send('interactive', payload, options);
  }

  /** Writes a message of their own. */
  async function say(
    channel: string,
    words: string,
    options: { readonly threadTs?: string } = {},
  ): Promise<MessageRef> {
    const where = await place(channel);
    const answer = await core.emulator.call('chat.postMessage', personToken(me().key), {
      channel: where.id,
      text: words,
      ...(options.threadTs === undefined ? {} : { thread_ts: options.threadTs }),
    });
    if (answer.ok !== true) throw new Error(`${me().key} can't write in #${where.name}: ${text(answer.error)}.`);
    return messages.add({
      channel: where.id,
      ts: text(answer.ts),
      user: personId,
      text: words,
      blocks: [],
      threadTs: options.threadTs,
    });
  }

  return {
    id: personId,
    /** Name, address and standing, as they are now. */
    get person(): Person {
      return me();
    },
    command,
    click,
    suggest,
    say,
    openHome,
    shortcut,
    /** The top of their modal, or undefined. */
    modal: (): ShownView | undefined => views.top(personId),
    /** Fills the fields (by block id or action id), checks what Slack's client checks, and submits. */
    submit: async (
      view: ShownView | 'modal',
      values: Readonly<Record<string, FieldValue>> = {},
      options: DeliverOptions & { readonly force?: boolean } = {},
    ): Promise<Submission> => await inViews.submit(viewOf(view), values, options),
    /** Fills fields without sending anything. */
    fill: async (view: ShownView | 'modal', values: Readonly<Record<string, FieldValue>>): Promise<ShownView> =>
      await inViews.fill(viewOf(view), values),
    /** Changes one field; the bot hears of it where the field has dispatch_action. */
    changeInput: async (
      view: ShownView | 'home' | 'modal',
      blockId: string,
      actionId: string,
      value: FieldValue,
      options: DeliverOptions = {},
    ): Promise<ClickResult> => await inViews.changeInput(viewOf(view), blockId, actionId, value, options),
    closeModal: inViews.close,
  };
}

function isMessage(ref: MessageRef): ref is Message {
  return 'blocks' in ref && 'earlier' in ref;
}

/** The state of a message's menus and fields, as nobody has touched them. */
function stateOf(blocks: readonly Json[]): StateValues {
  const values: StateValues = {};
  for (const { block, element } of interactive(blocks)) {
    if (element.type === 'button' || element.type === 'overflow' || !isJson(element)) continue;
    const blockId = text(block.block_id);
    values[blockId] = { ...values[blockId], [text(element.action_id)]: initialState(element) };
  }
  return values;
}
