import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Target } from '../../src/sandbox/target.ts';
import { runScenario } from '../support/run-scenario.ts';
import { readScenario } from '../support/scenario.ts';
import { startSharedTarget } from '../support/stage.ts';
import { startWorld, type World } from '../support/world.ts';

const FOLDER = join(import.meta.dirname, '..', 'scenarios');
/** A world starts a target of its own; noisy machines take their time. */
const TIME_LIMIT_MS = 90_000;

let target: Target;
beforeAll(async () => {
  target = await startSharedTarget();
}, TIME_LIMIT_MS);
afterAll(() => target.stop());

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe('signed HTTP, the queue in PostgreSQL', () => {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) {
    const scenario = readScenario(join(FOLDER, name, 'scenario.yaml'));
    it(
      `${name}: ${scenario.title}`,
      async () => {
        const policy = join(FOLDER, name, scenario.policy ?? 'policy.yaml');
        world = await startWorld({ target, ...(existsSync(policy) ? { policy } : {}) });
        await runScenario(world, scenario);
        expect(world.workspace.violations).toEqual([]);
      },
      TIME_LIMIT_MS,
    );
  }
});
