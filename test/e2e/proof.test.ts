import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.ts';
import { withClient } from '../../src/store/with-client.ts';
import { runScenario } from '../support/run-scenario.ts';
import { readScenario } from '../support/scenario.ts';
import { startWorld, type World } from '../support/world.ts';

// What an auditor reads of a grant, after it went as the scenario says, all of it real.

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** The proof of the scenario's first grant. */
async function proofAfter(scenario: string): Promise<string> {
  world = await startWorld();
  await runScenario(world, readScenario(join(import.meta.dirname, '..', 'scenarios', scenario, 'scenario.yaml')));
  const { databaseUrl } = world;
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query<{ id: string }>('SELECT id FROM grants ORDER BY created_at, id LIMIT 1'),
  );
  let out = '';
  const say = (text: string): void => {
    out += `${text}
`;
  };
  const env = { DATABASE_URL: databaseUrl, POLICY_PATH: 'test/scenarios/policy.yaml' };
  expect(await runCli(['grant', 'show', rows[0]?.id ?? ''], { env, out: say, err: say })).toBe(0);
  return out;
}

/** They are there, in this order. */
function expectInOrder(out: string, parts: readonly RegExp[]): void {
  let rest = out;
  for (const part of parts) {
    const at = rest.search(part);
    if (at < 0) throw new Error(`${part} is not behind the part before it in:\n${out}`);
    rest = rest.slice(at);
  }
}

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC`;

it.each([
  [
    'the-whole-story',
    [
      /^grt_\w+ of req_\w+: orders-db\/admin for /m,
      new RegExp(`^STATE: ended \\(\\w+\\), due ${TIME}, ended ${TIME}$`, 'm'),
      /asked for orders-db\/admin, .*; reason: .*; ticket: INC-42; policy .*, rule "/,
      /\): approved stage 1, as dba/,
      /with that, everybody whom rule ".*" asks has approved/,
      /intent: committed together with its end.*before any call to the target/,
      /asked target .* nothing changed there yet/,
      /granted and read back as there; the target answered: GRANT ROLE/,
      /revocation committed, because: /,
      /sessions ended: \d/,
      /revoked and read back as gone; the target answered: REVOKE ROLE; \d+\.\d{3} s after it was due/,
    ],
  ],
  [
    'extended-in-one-click',
    [
      /asked for orders-db\/report, 30m/,
      /granted and read back/,
      /asked for 30m more/,
      /the end moved 30m later, to .*, by request req_/,
      /revoked and read back as gone/,
    ],
  ],
  [
    'break-glass',
    [
      /BREAK-GLASS: asked for orders-db\/admin, 15m; reason: the shop is down/,
      /granted and read back/,
      /revoked and read back as gone/,
      /Sam Okafor \(.*\): reviewed the break-glass: justified, as security: The shop was down indeed/,
    ],
  ],
  [
    'held-before',
    [/held before by whoever gave it: yes/, /read back as gone; what somebody else had given before is not touched/],
  ],
] as const)(
  'of %s',
  async (scenario, parts) => {
    const out = await proofAfter(scenario);
    expectInOrder(out, parts);
  },
  120_000,
);
