import { describe } from '@jest/globals';
import { installed } from './redis-server.ts';

export { startRedis, type TestRedis } from './redis-server.ts';

/**
 * `describe`, where a Redis server is installed. Elsewhere the tests are skipped and say so; in CI they fail, since there nobody would
 * notice that half of the suite did not run.
 */
export function describeWithRedis(name: string, tests: () => void): void {
  if (installed || process.env.CI) {
    describe(name, tests);
    return;
  }
  console.warn(`SKIPPED: ${name}. There is no redis-server here; on Debian: apt-get install redis-server`);
  describe.skip(name, tests);
}
