import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Target } from '../../src/sandbox/target.ts';
import type { Json } from '../../src/sandbox/workspace/json.ts';
import { plainWords, pseudoText, readPieces } from '../support/pseudo-text.ts';
import { runScenario } from '../support/run-scenario.ts';
import { readScenario, type Scenario } from '../support/scenario.ts';
import { POLICY, startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const FOLDER = join(import.meta.dirname, '..', 'scenarios');
const TIME_LIMIT_MS = 90_000;

/** One of each kind of thing that people see: cards, threads, forms, lists, Homes, refusals, alerts. */
const PLAYED = [
  'the-whole-story',
  'through-the-form',
  'times-in-the-form',
  'denied-with-a-reason',
  'changed-to-a-narrower-role',
  'extended-after-approval',
  'lists-in-one-line',
  'wrong-lines',
  'everything-of-one-person',
  'break-glass',
  'handed-over-while-away',
  'home-of-an-admin',
  'guests-and-strangers',
  'nobody-could-approve',
  'the-target-is-down-at-the-end',
  'start-by-button',
];

let target: Target;
let world: World | undefined;
beforeAll(async () => {
  target = await startSharedTarget();
}, TIME_LIMIT_MS);
afterAll(() => target.stop());
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe('a bot with the words of another language says nothing in English', () => {
  it.each(PLAYED)(
    '%s',
    async (name) => {
      const own = join(FOLDER, name, 'policy.yaml');
      const policy = existsSync(own) ? own : POLICY;
      const scenario = readScenario(join(FOLDER, name, 'scenario.yaml'));
      world = await startWorld({ target, policy, text: pseudoText });
      await runScenario(world, scenario);
      const known = new Set([...typed(scenario), ...valuesOf(parse(readFileSync(policy, 'utf8')))].flatMap(plainWords));
      const said = sentBy(world).map((piece) => [plainWords(piece).filter((word) => !known.has(word)), piece] as const);
      expect(said.length).toBeGreaterThan(0);
      expect(said.filter(([words]) => words.length > 0)).toEqual([]);
      expect(world.workspace.violations).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});

/** What people wrote. */
const typed = ({ steps }: Scenario): string[] =>
  steps.flatMap((step) => {
    if ('command' in step) return [step.command.text];
    return 'submit' in step ? Object.values(step.submit.values).filter((value) => value !== null) : [];
  });

/** What the policy's author wrote. */
function valuesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(valuesOf);
}

/** Everything readable that went to Slack: messages and views by the Web API, private answers, and what a form came back with. */
function sentBy({ workspace }: World): string[] {
  const calls = workspace.calls
    .filter(({ method }) => method.startsWith('chat.') || method.startsWith('views.'))
    .flatMap(({ args }) => [args.text, ...structured(args.blocks), ...structured(args.view)]);
  const answers = workspace
    .people()
    .flatMap(({ id }) => workspace.ephemerals(id).map(({ text, blocks }) => [text, blocks]));
  return [...calls, ...answers].flatMap((each) => readPieces(each));
}

const structured = (value: unknown): Json[] => (typeof value === 'string' ? [JSON.parse(value)] : []);
