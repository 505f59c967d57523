import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** Somebody of the local workspace, by the key of its seed. */
const who = z.string();
/** A piece of text that must be there, whatever case; a list: all of them. */
const words = z.union([z.string(), z.array(z.string())]).transform((value) => (Array.isArray(value) ? value : [value]));

const step = z.union([
  /** Types a slash command. `{in 2h}`, here and in the fields of a form, is what this person's clock shows in so long. */
  z.strictObject({
    command: z.strictObject({ by: who, text: z.string(), in: z.string().optional(), times: z.int().optional() }),
  }),
  /**
   * Clicks a button by its label: on the newest card, on a card as an old screen still shows it, in the person's direct
   * messages, or in their modal.
   */
  z.strictObject({
    click: z.strictObject({
      by: who,
      button: z.string(),
      on: z.enum(['card', 'dm', 'modal', 'home', 'stale card', 'stale dm']).default('card'),
      times: z.int().optional(),
    }),
  }),
  /** The message shortcut, on a message that somebody wrote in a channel. */
  z.strictObject({ shortcut: z.strictObject({ by: who, in: z.string(), says: z.string() }) }),
  /** Chooses from a menu with a search, as the person sees it offered. */
  z.strictObject({ choose: z.strictObject({ by: who, search: z.string(), option: z.string() }) }),
  /** Fills the modal (fields by block id) and submits it. */
  z.strictObject({
    submit: z.strictObject({
      by: who,
      values: z.record(z.string(), z.union([z.string(), z.null()])).default({}),
      times: z.int().optional(),
      errors: z.record(z.string(), z.string()).optional(),
    }),
  }),
  /** Moves the clock. */
  z.strictObject({ advance: z.string() }),
  /** The newest card, as it comes to stand. */
  z.strictObject({
    card: z.strictObject({
      in: z.string().optional(),
      says: words.optional(),
      hides: words.optional(),
      buttons: z.array(z.string()).optional(),
    }),
  }),
  z.strictObject({ 'no card': z.strictObject({ in: z.string() }) }),
  /** The lines of the newest card's thread, in this order; others may stand between. */
  z.strictObject({ thread: z.array(z.string()) }),
  /**
   * The newest request's timeline in an audit channel: what its head says, and its lines in this order; others may stand between. All of it
   * must read without Slack.
   */
  z.strictObject({
    record: z.strictObject({
      in: z.string(),
      says: words.optional(),
      hides: words.optional(),
      lines: z.array(z.string()),
    }),
  }),
  /** Something only this person reads. */
  z.strictObject({
    told: z.strictObject({
      who,
      by: z.enum(['dm', 'ephemeral', 'modal', 'home']),
      says: words,
      hides: words.optional(),
      buttons: z.array(z.string()).optional(),
      /** How many messages say so; unless set, one or more. */
      times: z.int().optional(),
    }),
  }),
  /** Opens the app's Home tab. */
  z.strictObject({ 'opens home': who }),
  /** What a channel was told. */
  z.strictObject({ posted: z.strictObject({ in: z.string(), says: words }) }),
  /** What the search of the request form offers. */
  z.strictObject({ offered: z.strictObject({ by: who, search: z.string(), options: z.array(z.string()) }) }),
  /** Whether somebody's role holds on the target, read there. */
  z.strictObject({ holds: z.record(z.string(), z.boolean()) }),
  /** Changes the workspace. */
  z.strictObject({ deactivate: who }),
  /** The same, but the event that tells of it is lost. */
  z.strictObject({ 'deactivate unheard': who }),
  /** Somebody's account gets another address. */
  z.strictObject({ 'changes address': z.strictObject({ who, to: z.string() }) }),
  /** Slack answers these methods with HTTP 500 from now on; an empty list: with none of them. */
  z.strictObject({ 'slack fails at': z.array(z.string()) }),
  /** Slack refuses them with this error of its own from now on. */
  z.strictObject({ 'slack refuses at': z.strictObject({ methods: z.array(z.string()), error: z.string() }) }),
  /** Waits until one of these methods has failed that way. */
  z.strictObject({ 'slack failed at': z.array(z.string()) }),
  /** Somebody logs in on the target with their own login, and stays until the end. */
  z.strictObject({ 'logs in': who }),
  z.strictObject({ 'seen in use': who }),
  z.strictObject({ group: z.strictObject({ handle: z.string(), members: z.array(who) }) }),
  /** Who is on call from now on, by schedule. */
  z.strictObject({ 'on call': z.record(z.string(), z.array(who)) }),
  /** Changes the target. */
  z.strictObject({ target: z.enum(['is reachable again', 'is unreachable', 'takes nothing away']) }),
  /** Changes the target behind our back, as its administrator. `dana`, `bo` … are the people's names there. */
  z.strictObject({ sql: z.string() }),
]);

const scenario = z.strictObject({
  title: z.string(),
  /** A file, as seen from the scenario's folder; without it the `policy.yaml` in that folder, or the suite's own. */
  policy: z.string().optional(),
  steps: z.array(step).min(1),
  /** All audit events of the newest request and its grant, in order. `…` stands for any number of others. */
  audit: z.array(z.string()),
});

export type Step = z.infer<typeof step>;
export type Scenario = z.infer<typeof scenario>;

/** Reads `scenario.yaml` of a folder; a step that nobody knows is an error that names it. */
export function readScenario(file: string): Scenario {
  const read = scenario.safeParse(parse(readFileSync(file, 'utf8')));
  if (!read.success) throw new Error(`${file}: ${z.prettifyError(read.error)}`);
  return read.data;
}
