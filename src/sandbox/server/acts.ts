import { z } from 'zod';
import type { Delivery } from '../workspace/delivery.ts';
import type { Persona, Target } from '../workspace/persona.ts';
import type { FieldValue } from '../workspace/values.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Deed } from './tips.ts';
import type { Reading } from './unread.ts';
import type { createWorld } from './world.ts';

const key = z.string().min(1).max(64);
const id = z.string().max(255);
const words = z.string().max(4000);
/** A text, a moment, several options, or nothing any more. */
const value = z.union([words, z.number(), z.array(id).max(100), z.null()]);
const values = z.record(id, value).default({});
const place = z.string().min(1).max(80);
const target = z.union([
  z.literal('home'),
  z.literal('modal'),
  z.strictObject({ channel: id, ts: z.string().max(40) }),
]);
const element = { target, blockId: id, actionId: id };

/** How far the clock goes at once. */
const LONGEST_STEP_SECONDS = 7 * 86_400;

const acts = {
  command: z.strictObject({ as: key, in: place, line: z.string().min(2).max(4000) }),
  say: z.strictObject({ as: key, in: place, text: words.min(1), threadTs: z.string().max(40).optional() }),
  click: z.strictObject({ as: key, ...element, choose: value.optional(), values }),
  suggest: z.strictObject({ as: key, ...element, query: z.string().max(200), values }),
  submit: z.strictObject({ as: key, viewId: id, values }),
  change: z.strictObject({ as: key, viewId: id, blockId: id, actionId: id, value, values }),
  close: z.strictObject({ as: key, viewId: id, all: z.boolean().default(false) }),
  home: z.strictObject({ as: key }),
  read: z.strictObject({ as: key, in: place, upTo: z.int().min(0) }),
  shortcut: z.strictObject({ as: key, callbackId: id, on: z.strictObject({ channel: id, ts: z.string().max(40) }) }),
  run: z.strictObject({}),
  advance: z.strictObject({ seconds: z.int().min(1).max(LONGEST_STEP_SECONDS) }),
  pull: z.strictObject({ lever: key }),
} as const;

export type ActName = keyof typeof acts;
export type Act<N extends ActName> = z.input<(typeof acts)[N]>;
export const isAct = (name: string): name is ActName => Object.hasOwn(acts, name);

/** `problem` is what Slack's client would say beside the button or under the composer. */
export interface ActAnswer {
  readonly problem?: string;
  readonly options?: readonly unknown[];
}

interface Parts {
  readonly workspace: Workspace;
  readonly reading: Reading;
  readonly noteDeed: (deed: Omit<Deed, 'after'>) => void;
  readonly onRead: () => void;
  readonly runTerminal: () => Promise<void>;
  readonly world: ReturnType<typeof createWorld> | undefined;
}

/** What the page may do in somebody's name. Throws ZodError for a malformed body, Error with a sentence for the impossible. */
export function createActs({ workspace, reading, noteDeed, onRead, runTerminal, world }: Parts) {
  /** The view as it stands, with what has been typed on the page filled in. */
  async function filled(persona: Persona, given: z.output<typeof values>, viewId?: string) {
    const modal = persona.modal();
    if (modal === undefined || (viewId !== undefined && modal.id !== viewId))
      throw new Error('This form is closed already.');
    return await persona.fill(modal, given);
  }

  async function on(persona: Persona, where: z.output<typeof target>, given: z.output<typeof values>): Promise<Target> {
    return where === 'modal' ? await filled(persona, given) : where;
  }

  const which =
    (blockId: string, actionId: string) => (found: { action_id?: unknown }, block: { block_id?: unknown }) =>
      found.action_id === actionId && block.block_id === blockId;

  const handlers: { [N in ActName]: (act: z.output<(typeof acts)[N]>) => Promise<ActAnswer> } = {
    async command(act) {
      noteDeed({ kind: 'command', as: act.as, what: act.line });
      const sent = await workspace.user(act.as).command(act.line, { channel: act.in });
      return said(sent, (error) => `${act.line.split(' ')[0]} failed with the error “${error}”`);
    },
    async say(act) {
      const thread = act.threadTs === undefined ? {} : { threadTs: act.threadTs };
      await workspace.user(act.as).say(act.in, withMentions(workspace, act.text), thread);
      return {};
    },
    async click(act) {
      const persona = workspace.user(act.as);
      const ref = typeof act.target === 'object' ? { on: act.target } : {};
      noteDeed({ kind: 'click', as: act.as, what: act.actionId, ...ref });
      const choose: { choose?: FieldValue } = act.choose === undefined ? {} : { choose: act.choose };
      const at = await on(persona, act.target, act.values);
      return said(await persona.click(at, which(act.blockId, act.actionId), choose), trouble);
    },
    async suggest(act) {
      const persona = workspace.user(act.as);
      const at = await on(persona, act.target, act.values);
      return { options: await persona.suggest(at, which(act.blockId, act.actionId), act.query) };
    },
    async submit(act) {
      const persona = workspace.user(act.as);
      const view = await filled(persona, act.values, act.viewId);
      noteDeed({ kind: 'submit', as: act.as, what: view.callbackId });
      const sent = await persona.submit(view);
      return Object.keys(sent.errors).length > 0 ? {} : said(sent, trouble);
    },
    async change(act) {
      const persona = workspace.user(act.as);
      const view = await filled(persona, act.values, act.viewId);
      const sent = await persona.changeInput(view, act.blockId, act.actionId, act.value);
      return sent.status === 0 && sent.error === undefined ? {} : said(sent, trouble);
    },
    async close(act) {
      const persona = workspace.user(act.as);
      // Two clicks on Close must not close the view below as well.
      if (persona.modal()?.id === act.viewId) await persona.closeModal({ all: act.all });
      return {};
    },
    async home(act) {
      return said(await workspace.user(act.as).openHome(), trouble);
    },
    async read(act) {
      if (reading.read(workspace.user(act.as).id, act.in, act.upTo)) onRead();
      return {};
    },
    async shortcut(act) {
      return said(await workspace.user(act.as).shortcut(act.callbackId, act.on), trouble);
    },
    async advance(act) {
      world?.advance(act.seconds);
      return {};
    },
    async pull(act) {
      await world?.pull(act.lever);
      return {};
    },
    async run() {
      await runTerminal();
      return {};
    },
  };

  return async <N extends ActName>(name: N, body: unknown): Promise<ActAnswer> =>
    await handlers[name](acts[name].parse(body) as z.output<(typeof acts)[N]>);
}

/** What Slack's client shows when the app answered late, wrongly or not at all (Slack's page "Handling user interaction"). */
function said(sent: Delivery, words: (error: string) => string): ActAnswer {
  if (sent.status === 200 && !sent.late) return {};
  return { problem: words(sent.late || sent.status === 0 ? 'operation_timeout' : 'dispatch_failed') };
}

const trouble = (error: string): string =>
  error === 'operation_timeout'
    ? 'The app didn’t answer within Slack’s three seconds. Try again.'
    : 'We had some trouble connecting. Try again?';

/** People, groups and channels that somebody names become references, as Slack's composer makes them. */
function withMentions(workspace: Workspace, written: string): string {
  const safe = written.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return safe.replace(/(^|\s)([@#])([\w.-]+)/g, (whole, space: string, sign: string, name: string) => {
    if (sign === '#') {
      const channel = workspace.channels().find((each) => each.userId === undefined && each.name === name);
      return channel === undefined ? whole : `${space}<#${channel.id}>`;
    }
    const person = workspace.people().find((each) => each.key === name);
    if (person !== undefined) return `${space}<@${person.id}>`;
    const group = workspace.groups().find((each) => each.handle === name);
    return group === undefined ? whole : `${space}<!subteam^${group.id}>`;
  });
}
