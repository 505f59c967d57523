import { parseDuration } from '../../src/domain/policy/duration.ts';
import { interactive, textOf } from '../../src/sandbox/workspace/elements.ts';
import { type Json, object, text } from '../../src/sandbox/workspace/json.ts';
import type { Message } from '../../src/sandbox/workspace/messages.ts';
import { DEFAULT_ZONE } from '../../src/sandbox/workspace/people.ts';
import { defaultSeed } from '../../src/sandbox/workspace/seed.ts';
import { unmarked } from './pseudo-text.ts';
import type { Scenario, Step } from './scenario.ts';
import type { World } from './world.ts';

/** How long anything asynchronous may take before a step fails. Far above what it takes, since machines are noisy. */
const PATIENCE_MS = 30_000;
/** More calls than any scenario makes. */
const FOR_GOOD = 1_000_000;

/** Plays the steps in order. Every expectation is polled: it fails when it has not come true within the patience. */
export async function runScenario(world: World, scenario: Scenario): Promise<void> {
  for (const [index, step] of scenario.steps.entries()) {
    try {
      await play(world, withIds(world, step));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Step ${index + 1}, ${JSON.stringify(step)}:\n${why}\n\n${describe(world)}`, { cause: error });
    }
  }
  await eventually(world, 'the audit trail', async () => {
    const kinds = await world.auditKinds();
    if (!matches(kinds, scenario.audit)) throw new Error(`it is\n  ${kinds.join('\n  ')}`);
    return true;
  });
}

async function play(world: World, step: Step): Promise<void> {
  const { workspace } = world;
  if ('command' in step) {
    const { by, text: line, in: channel, times } = step.command;
    const answer = await workspace
      .user(by)
      .command(await withClock(world, by, line), { channel: channel ?? 'access', deliver: times ?? 1 });
    acknowledged(answer);
  } else if ('click' in step) {
    await click(world, step.click);
  } else if ('shortcut' in step) {
    const { by, in: channel, says } = step.shortcut;
    const message = await workspace.user('security').say(channel, says);
    acknowledged(await workspace.user(by).shortcut('ask_about_message', message));
  } else if ('choose' in step) {
    await choose(world, step.choose);
  } else if ('submit' in step) {
    await submit(world, step.submit);
  } else if ('advance' in step) {
    const seconds = parseDuration(step.advance);
    if (seconds === null) throw new Error(`'${step.advance}' is not a duration`);
    world.advance(seconds);
  } else if ('card' in step) {
    await card(world, step.card);
  } else if ('no card' in step) {
    const seen = workspace.messages(step['no card'].in);
    if (seen.length > 0) throw new Error(`There is one: ${wordsOf(seen[0])}`);
  } else if ('thread' in step) {
    await thread(world, step.thread);
  } else if ('record' in step) {
    await record(world, step.record);
  } else if ('told' in step) {
    await told(world, step.told);
  } else if ('opens home' in step) {
    await workspace.user(step['opens home']).openHome();
  } else if ('posted' in step) {
    await eventually(world, 'that post', () => {
      return workspace.messages(step.posted.in).some((message) => saysAll(wordsOf(message), step.posted.says));
    });
  } else if ('offered' in step) {
    const { by, search, options } = step.offered;
    await eventually(world, 'those options', async () => {
      const found = await searched(world, by, search);
      same(found.map(labelOf), options);
      return true;
    });
  } else if ('holds' in step) {
    for (const [name, expected] of Object.entries(step.holds)) {
      await eventually(world, `${name} ${expected ? 'to hold' : 'not to hold'} the role on the target`, async () => {
        return (await world.target.holds(name)) === expected;
      });
    }
  } else if ('deactivate' in step) {
    workspace.changePerson(step.deactivate, { deleted: true });
    // Slack tells it to every app that listens (Slack: "user_change event").
    await workspace.sendEvent({
      type: 'user_change',
      user: { id: workspace.user(step.deactivate).id, deleted: true },
    });
  } else if ('deactivate unheard' in step) {
    workspace.changePerson(step['deactivate unheard'], { deleted: true });
  } else if ('changes address' in step) {
    workspace.changePerson(step['changes address'].who, { email: step['changes address'].to });
  } else if ('slack fails at' in step) {
    workspace.clearFaults();
    for (const method of step['slack fails at']) workspace.failNext(method, { status: 500, times: FOR_GOOD });
  } else if ('slack refuses at' in step) {
    const { methods, error } = step['slack refuses at'];
    workspace.clearFaults();
    for (const method of methods) workspace.failNext(method, { error, times: FOR_GOOD });
  } else if ('slack failed at' in step) {
    await eventually(world, 'Slack to fail', () => workspace.faultsMet(step['slack failed at']) > 0);
  } else if ('logs in' in step) {
    const session = await world.target.as(step['logs in']);
    world.teardown.add(() => session.end());
  } else if ('seen in use' in step) {
    await seenInUse(world, step['seen in use']);
  } else if ('group' in step) {
    workspace.setGroup(step.group.handle, step.group.members);
  } else if ('on call' in step) {
    for (const [schedule, people] of Object.entries(step['on call'])) {
      world.rota.set(
        schedule,
        people.map((key) => defaultSeed.people.find((person) => person.key === key)?.email ?? key),
      );
    }
  } else if ('target' in step) {
    await world.target.be(step.target);
  } else {
    await world.target.sql(step.sql);
  }
}

async function click(
  world: World,
  { by, button, on, times }: Extract<Step, { click: unknown }>['click'],
): Promise<void> {
  const person = world.workspace.user(by);
  const labelled = (element: Json): boolean => labelOf(element) === button;
  const target = await eventually(world, `a button '${button}'`, () => {
    if (on === 'home') return hasButton(world.workspace.home(by)?.blocks ?? [], button) && ('home' as const);
    if (on === 'modal') return person.modal() && ('modal' as const);
    if (on === 'stale card') return staleOf(world.cards().slice(-1), button);
    if (on === 'stale dm') return staleOf(world.workspace.dms(by), button);
    const messages = on === 'dm' ? world.workspace.dms(by) : world.cards();
    return messages.filter((message) => hasButton(message.blocks, button)).at(-1);
  });
  acknowledged(await person.click(target, labelled, { deliver: times ?? 1 }));
}

async function choose(
  world: World,
  { by, search, option }: Extract<Step, { choose: unknown }>['choose'],
): Promise<void> {
  const person = world.workspace.user(by);
  // A search that is answered too late offers nothing, and whoever typed it types on.
  await eventually(world, `the option ${option}`, async () => {
    const found = await searched(world, by, search);
    if (found.some((each) => text(each.value) === option)) return true;
    throw new Error(`Offered were: ${found.map((each) => text(each.value)).join(', ') || 'nothing'}`);
  });
  const shown = person.modal();
  if (!shown) throw new Error('No modal is open');
  const placed = interactive(shown.blocks).find(({ element }) => element.type === 'external_select');
  acknowledged(
    await person.changeInput('modal', text(placed?.block.block_id), text(placed?.element.action_id), option),
  );
}

/** `{in 2h}` as that person's clock shows it then: 16:05. */
async function withClock(world: World, by: string, line: string): Promise<string> {
  const now = await world.app.ports.store.now();
  const timeZone = defaultSeed.people.find((person) => person.key === by)?.tz ?? DEFAULT_ZONE;
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  return line.replaceAll(/\{in (\w+)\}/g, (_, ahead: string) =>
    clock.format(new Date(now.getTime() + (parseDuration(ahead) ?? 0) * 1000)),
  );
}

/** Until the bot has seen somebody's access in use, by its own clock. */
const seenInUse = (world: World, who: string): Promise<unknown> =>
  eventually(world, `${who}'s access to be seen in use`, async () => {
    const { store } = world.app.ports;
    const [now, grants] = await Promise.all([
      store.now(),
      store.reads(world.workspaceId).openGrantsOf(world.person(who)),
    ]);
    return grants.every(({ usedAt }) => usedAt !== null && now.getTime() - usedAt.getTime() < 60_000);
  });

/** What the search of the form offers now. On a slow machine another modal may stand before it opens. */
async function searched(world: World, by: string, search: string): Promise<Json[]> {
  const person = world.workspace.user(by);
  const fields = interactive(person.modal()?.blocks ?? []);
  if (!fields.some(({ element }) => roleField(element))) throw new Error('No form with a search is open');
  return person.suggest('modal', roleField, search);
}

const roleField = (element: Json): boolean => element.type === 'external_select';

async function submit(
  world: World,
  { by, values, times, errors }: Extract<Step, { submit: unknown }>['submit'],
): Promise<void> {
  const person = world.workspace.user(by);
  await eventually(world, 'a modal to submit', () => {
    const shown = person.modal();
    // Nobody can submit one that has no button for it, such as 'one moment'.
    if (!shown?.view.submit) return null;
    const fields = interactive(shown.blocks).flatMap(({ block, element }) => [
      text(block.block_id),
      text(element.action_id),
    ]);
    const missing = Object.keys(values).filter((key) => !fields.includes(key));
    if (missing.length > 0) throw new Error(`It has no field ${missing.join(', ')}, only ${fields.join(', ')}`);
    return shown;
  });
  const typed: Record<string, string | null> = {};
  for (const [field, value] of Object.entries(values)) {
    typed[field] = value === null ? null : await withClock(world, by, value);
  }
  const answer = await person.submit('modal', typed, { deliver: times ?? 1 });
  for (const [field, expected] of Object.entries(errors ?? {})) {
    if (!saysAll(answer.errors[field] ?? '', [expected]))
      throw new Error(`The errors were ${JSON.stringify(answer.errors)}`);
  }
  if (!errors && Object.keys(answer.errors).length > 0)
    throw new Error(`It came back with ${JSON.stringify(answer.errors)}`);
}

function card(world: World, expected: Extract<Step, { card: unknown }>['card']): Promise<unknown> {
  return eventually(world, 'that card', () => {
    const all = expected.in === undefined ? world.cards() : world.workspace.messages(expected.in);
    const newest = all.at(-1);
    if (!newest) throw new Error('there is none');
    const words = wordsOf(newest);
    const missing = (expected.says ?? []).filter((each) => !saysAll(words, [each]));
    const extra = (expected.hides ?? []).filter((each) => saysAll(words, [each]));
    if (missing.length > 0) throw new Error(`it does not say "${missing.join('", "')}" but:\n${words}`);
    if (extra.length > 0) throw new Error(`it says "${extra.join('", "')}":\n${words}`);
    if (expected.buttons) same(buttonsOf(newest.blocks), expected.buttons);
    return true;
  });
}

function thread(world: World, lines: readonly string[]): Promise<unknown> {
  return eventually(world, 'those lines in the thread', () => {
    const newest = world.cards().at(-1);
    const said = newest ? world.workspace.thread(newest).map((message) => message.text) : [];
    // Where the timeline is elsewhere, what asks people for something has no numbers.
    if (said.some((each) => /^\d+ /.test(each))) numbered(said);
    inOrder(said, lines);
    return true;
  });
}

function numbered(said: readonly string[]): void {
  const numbers = said.map((each) => Number(each.split(' ')[0]));
  if (numbers.some((number, index) => number !== index + 1)) throw new Error(`the numbers are ${numbers.join(', ')}`);
}

function inOrder(said: readonly string[], lines: readonly string[]): void {
  let at = 0;
  for (const line of lines) {
    const found = said.findIndex((each, index) => index >= at && saysAll(each, [line]));
    if (found === -1) throw new Error(`"${line}" is not where it should be in:\n  ${said.join('\n  ')}`);
    at = found + 1;
  }
}

/** What begins every line of a timeline: its number, the moment with its zone, and the request. */
const RECORD_LINE = /^\d+ · \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC · `req_[0-9a-z]+` · \S/;
/** What only Slack can make readable: mentions, dates, groups. */
const ONLY_IN_SLACK = /<[@!#][^>]*>/;

function record(world: World, expected: Extract<Step, { record: unknown }>['record']): Promise<unknown> {
  return eventually(world, 'that timeline', () => {
    const head = world.workspace.messages(expected.in).at(-1);
    if (!head) throw new Error('there is none');
    const words = wordsOf(head);
    const said = world.workspace.thread(head).map((message) => message.text);
    const missing = (expected.says ?? []).filter((each) => !saysAll(words, [each]));
    if (missing.length > 0) throw new Error(`its head does not say "${missing.join('", "')}" but:\n${words}`);
    const extra = (expected.hides ?? []).filter((each) => saysAll([words, ...said].join('\n'), [each]));
    if (extra.length > 0) throw new Error(`it says "${extra.join('", "')}":\n${words}\n  ${said.join('\n  ')}`);
    same(buttonsOf(head.blocks), []);
    numbered(said);
    inOrder(said, expected.lines);
    const unreadable = [words, ...said].filter((each) => ONLY_IN_SLACK.test(each));
    unreadable.push(...said.filter((each) => !RECORD_LINE.test(unmarked(each))));
    if (unreadable.length > 0) throw new Error(`this does not read without Slack:\n${unreadable.join('\n')}`);
    return true;
  });
}

function told(
  world: World,
  { who, by, says, hides = [], buttons, times }: Extract<Step, { told: unknown }>['told'],
): Promise<unknown> {
  const { workspace } = world;
  return eventually(world, `${who} to be told that by ${by}`, () => {
    if (by === 'home') {
      const shown = workspace.home(who);
      const words = shown ? textOf(shown.blocks) : 'no Home was published';
      if (!saysAll(words, says)) throw new Error(`the Home says:\n${words}`);
      if (buttons && shown) same(buttonsOf(shown.blocks), buttons);
      return true;
    }
    if (by === 'modal') {
      const shown = workspace.modal(who);
      const words = shown ? textOf(shown.blocks) : 'no modal is open';
      const extra = hides.filter((each) => saysAll(words, [each]));
      if (!saysAll(words, says) || extra.length > 0) throw new Error(`the modal says:\n${words}`);
      return true;
    }
    const messages: readonly Message[] = by === 'dm' ? workspace.dms(who) : workspace.ephemerals(who);
    // On a slow machine a private answer comes in the form that was opened while it was looked up.
    const shown = by === 'ephemeral' ? workspace.modal(who) : undefined;
    if (shown && !buttons && saysAll(textOf(shown.blocks), says)) return true;
    // What somebody was told may have been brought up to date since; its buttons are those that are there now.
    const versions = (message: Message) => (buttons ? [message] : [message, ...message.earlier]);
    const all = messages.filter((message) => versions(message).some((version) => saysAll(wordsOf(version), says)));
    const found = all.at(-1);
    const extra = hides.filter((each) => found && saysAll(wordsOf(found), [each]));
    if (extra.length > 0) throw new Error(`was told also "${extra.join('", "')}"`);
    if (times !== undefined && all.length !== times) throw new Error(`was told so ${all.length} times`);
    if (!found) throw new Error(`was told:\n  ${messages.map(wordsOf).join('\n  ') || 'nothing'}`);
    if (buttons) same(buttonsOf(found.blocks), buttons);
    return true;
  });
}

const eventually = <T>(world: World, what: string, ask: () => T | Promise<T>) =>
  world.workspace.waitFor(ask, { what, timeoutMs: PATIENCE_MS });

/** Everything a reader of the message sees, and what a phone or a screen reader says. */
const wordsOf = (message: Pick<Message, 'text' | 'blocks'> | undefined): string =>
  message ? `${message.text}\n${textOf(message.blocks)}` : '';

/** `<@dba>` in a scenario stands for the mention of that persona. */
const withIds = (world: World, step: Step): Step =>
  JSON.parse(
    JSON.stringify(step).replaceAll(/<@([a-z][a-z0-9]*)>/g, (_, key: string) => `<@${world.workspace.user(key).id}>`),
  );

const saysAll = (said: string, wanted: readonly string[]): boolean =>
  wanted.every((each) => unmarked(said).toLowerCase().includes(each.toLowerCase()));

const buttonsOf = (blocks: readonly Json[]): string[] =>
  interactive(blocks)
    .filter(({ element }) => element.type === 'button')
    .map(({ element }) => labelOf(element));

/** In the words of the scenario, whatever language the bot speaks. */
const labelOf = (element: Json): string => unmarked(text(object(element.text).text));

const hasButton = (blocks: readonly Json[], label: string): boolean => buttonsOf(blocks).includes(label);

/** The newest card as a screen that missed the last updates still shows it. */
function staleOf(messages: readonly Message[], button: string): Message | undefined {
  return messages
    .flatMap((message) => {
      const before = message.earlier.filter((version) => hasButton(version.blocks, button)).at(-1);
      return before ? [{ ...message, ...before }] : [];
    })
    .at(-1);
}

function same(actual: readonly string[], expected: readonly string[]): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`expected [${expected.join(' | ')}], there is [${actual.join(' | ')}]`);
  }
}

function acknowledged(answer: { status: number; late: boolean; error: string | undefined }): void {
  if (answer.status !== 200 || answer.late) {
    throw new Error(
      `Slack was not acknowledged: status ${answer.status}${answer.late ? ', late' : ''} ${answer.error ?? ''}`,
    );
  }
}

/** `…` matches any number of kinds. */
function matches(kinds: readonly string[], pattern: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return kinds.length === 0;
  if (first === '…') return kinds.some((_, index) => matches(kinds.slice(index), rest)) || matches([], rest);
  return kinds[0] === first && matches(kinds.slice(1), rest);
}

/** What stood where when a step failed. */
function describe(world: World): string {
  const cards = world
    .cards()
    .map((each) => wordsOf(each))
    .join('\n---\n');
  return `The cards:\n${cards || 'none'}\n\nWhat Slack refused: ${JSON.stringify(world.workspace.violations)}\n\nThe log:\n${world.logTail()}`;
}
