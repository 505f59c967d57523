import { randomBytes } from 'node:crypto';
import type { Changes } from './changes.ts';
import { isJson, type Json, objects, text, unpack } from './json.ts';
import { newTs, withIds } from './messages.ts';
import type { Exchange, Triggers } from './triggers.ts';
import { carryOver, type StateValues } from './values.ts';

/** Slack's page "Modals": a modal holds up to three views in its stack. */
export const modalStackLimit = 3;

/** A view on somebody's screen: the top of a modal, or an App Home. */
export interface ShownView {
  readonly id: string;
  readonly hash: string;
  readonly userId: string;
  readonly rootId: string;
  readonly previousId: string | null;
  readonly type: 'modal' | 'home';
  /** As the bot sent it, with block and action ids filled in. */
  readonly view: Json;
  readonly blocks: readonly Json[];
  readonly callbackId: string;
  readonly values: StateValues;
  /** What the bot's last answer said at each field, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}

export type Views = ReturnType<typeof createViews>;

interface Options {
  readonly triggers: Triggers;
  readonly changes: Changes;
  readonly teamId: string;
  readonly appId: string;
  readonly botId: string;
  readonly knowsUser: (userId: string) => boolean;
}

const failed = (error: string): Json => ({ ok: false, error });

/**
 * Modals and App Homes, with the errors of Slack's pages "views.open", "views.push", "views.update" and "views.publish".
 * Ours rather than emulate's, which knows no submissions and never takes a closed view off its stack.
 */
export function createViews(options: Options) {
  const stacks = new Map<string, ShownView[]>();
  const homes = new Map<string, ShownView>();

  function make(userId: string, type: 'modal' | 'home', view: Json, before?: ShownView, below?: ShownView): ShownView {
    const id = before?.id ?? `V${randomBytes(5).toString('hex').toUpperCase()}`;
    const blocks = withIds(objects(view.blocks));
    return {
      id,
      hash: `${Math.floor(Date.now() / 1000)}.${randomBytes(4).toString('hex')}`,
      userId,
      rootId: before?.rootId ?? below?.rootId ?? id,
      previousId: before?.previousId ?? below?.id ?? null,
      type,
      view: { ...view, blocks },
      blocks,
      callbackId: text(view.callback_id),
      values: carryOver(blocks, before?.values ?? {}),
      errors: {},
    };
  }

  function setStack(userId: string, stack: ShownView[]): void {
    stacks.set(userId, stack);
    options.changes.announce({ type: 'modal', user: userId });
  }

  function replace(shown: ShownView, by: ShownView): void {
    if (shown.type === 'home') {
      homes.set(shown.userId, by);
      options.changes.announce({ type: 'home', user: shown.userId });
      return;
    }
    const stack = stacks.get(shown.userId) ?? [];
    setStack(
      shown.userId,
      stack.map((candidate) => (candidate.id === shown.id ? by : candidate)),
    );
  }

  function find(id: string, externalId = ''): ShownView | undefined {
    const all = [...[...stacks.values()].flat(), ...homes.values()];
    return all.find((shown) =>
      id !== '' ? shown.id === id : shown.view.external_id === externalId && externalId !== '',
    );
  }

  /** The view object as Slack puts it into answers and payloads (Slack's page "View object"). */
  function format(shown: ShownView): Json {
    const { view } = shown;
    return {
      id: shown.id,
      team_id: options.teamId,
      type: shown.type,
      blocks: shown.blocks,
      private_metadata: text(view.private_metadata),
      callback_id: shown.callbackId,
      state: { values: shown.values },
      hash: shown.hash,
      title: view.title ?? { type: 'plain_text', text: 'View Title', emoji: true },
      clear_on_close: view.clear_on_close ?? false,
      notify_on_close: view.notify_on_close ?? false,
      close: view.close ?? null,
      submit: view.submit ?? null,
      previous_view_id: shown.previousId,
      root_view_id: shown.rootId,
      app_id: options.appId,
      external_id: text(view.external_id),
      app_installed_team_id: options.teamId,
      bot_id: options.botId,
    };
  }

  const done = (shown: ShownView): Json => ({ ok: true, view: format(shown) });

  function read(body: Json, type: 'modal' | 'home'): Json | undefined {
    const view = unpack(body.view);
    return isJson(view) && view.type === type && Array.isArray(view.blocks) ? view : undefined;
  }

  function exchange(body: Json): Exchange {
    return options.triggers.exchange(text(body.trigger_id) || text(body.interactivity_pointer));
  }

  function open(body: Json): Json {
    const view = read(body, 'modal');
    if (view === undefined) return failed('invalid_arguments');
    const trigger = exchange(body);
    if (!trigger.ok) return failed(trigger.error);
    if (find('', text(view.external_id)) !== undefined) return failed('duplicate_external_id');
    const shown = make(trigger.userId, 'modal', view);
    setStack(trigger.userId, [shown]);
    return done(shown);
  }

  function push(body: Json): Json {
    const view = read(body, 'modal');
    if (view === undefined) return failed('invalid_arguments');
    const trigger = exchange(body);
    if (!trigger.ok) return failed(trigger.error);
    const stack = stacks.get(trigger.userId) ?? [];
    if (trigger.viewId === undefined || !stack.some((shown) => shown.id === trigger.viewId)) return failed('not_found');
    return pushOnto(trigger.userId, view);
  }

  function pushOnto(userId: string, view: Json): Json {
    const stack = stacks.get(userId) ?? [];
    if (stack.length >= modalStackLimit) return failed('push_limit_reached');
    if (find('', text(view.external_id)) !== undefined) return failed('duplicate_external_id');
    const shown = make(userId, 'modal', view, undefined, stack.at(-1));
    setStack(userId, [...stack, shown]);
    return done(shown);
  }

  function update(body: Json): Json {
    const shown = find(text(body.view_id), text(body.external_id));
    if (shown === undefined) return failed('not_found');
    const view = read(body, shown.type);
    if (view === undefined) return failed('invalid_arguments');
    const hash = text(body.hash);
    if (hash !== '' && hash !== shown.hash) return failed('hash_conflict');
    const updated = make(shown.userId, shown.type, view, shown);
    replace(shown, updated);
    return done(updated);
  }

  function publish(body: Json): Json {
    const userId = text(body.user_id);
    if (!options.knowsUser(userId)) return failed('user_not_found');
    const view = read(body, 'home');
    if (view === undefined) return failed('invalid_arguments');
    const before = homes.get(userId);
    const hash = text(body.hash);
    if (before !== undefined && hash !== '' && hash !== before.hash) return failed('hash_conflict');
    const shown = make(userId, 'home', view, before);
    homes.set(userId, shown);
    options.changes.announce({ type: 'home', user: userId });
    return done(shown);
  }

  return {
    methods: { 'views.open': open, 'views.push': push, 'views.update': update, 'views.publish': publish },
    format,
    find,
    pushOnto,
    stack: (userId: string): readonly ShownView[] => stacks.get(userId) ?? [],
    top: (userId: string): ShownView | undefined => stacks.get(userId)?.at(-1),
    home: (userId: string): ShownView | undefined => homes.get(userId),
    /** What somebody has typed or chosen. */
    setValues(shown: ShownView, values: StateValues): ShownView {
      const changed = { ...shown, values, errors: {} };
      replace(shown, changed);
      return changed;
    },
    setErrors(shown: ShownView, errors: Record<string, string>): ShownView {
      const changed = { ...shown, errors };
      replace(shown, changed);
      return changed;
    },
    /** The answer `response_action: update` to a submission, or any other replacement in place. */
    replaceWith(shown: ShownView, view: Json): ShownView {
      const changed = make(shown.userId, shown.type, view, shown);
      replace(shown, changed);
      return changed;
    },
    /** Takes the view off its stack, with whatever stands on top of it. */
    close(shown: ShownView): void {
      const stack = stacks.get(shown.userId) ?? [];
      const index = stack.findIndex((candidate) => candidate.id === shown.id);
      if (index >= 0) setStack(shown.userId, stack.slice(0, index));
    },
    clear(userId: string): void {
      setStack(userId, []);
    },
  };
}

/** The time stamp that Slack puts on an action: like a message's ts. */
export const actionTs = newTs;
