import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeWithRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { runScenario } from '../support/run-scenario.ts';
import { readScenario } from '../support/scenario.ts';
import { startWorld, type World, type WorldOptions } from '../support/world.ts';

const TIME_LIMIT_MS = 90_000;
const story = readScenario(join(import.meta.dirname, '..', 'scenarios', 'the-whole-story', 'scenario.yaml'));

let world: World | undefined;
let redis: TestRedis | undefined;
afterEach(async () => {
  await world?.stop();
  await redis?.stop();
  world = undefined;
  redis = undefined;
});

async function tell(options: WorldOptions): Promise<void> {
  world = await startWorld(options);
  await runScenario(world, story);
  expect(world.workspace.violations).toEqual([]);
}

describe('the whole story, the queue in PostgreSQL', () => {
  it('through Socket Mode', () => tell({ slack: 'socket' }), TIME_LIMIT_MS);
});

describeWithRedis('the whole story, the queue in Redis', () => {
  for (const slack of ['http', 'socket'] as const) {
    it(
      `through ${slack === 'http' ? 'signed HTTP' : 'Socket Mode'}`,
      async () => {
        redis = await startRedis();
        await tell({ slack, redisUrl: redis.url });
      },
      TIME_LIMIT_MS,
    );
  }
});
