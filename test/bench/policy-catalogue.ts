import { performance } from 'node:perf_hooks';
import { connectorTypes } from '../../src/connectors/registry.ts';
import { type RoleKey, roleKey } from '../../src/domain/ids.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import type { Facts } from '../../src/domain/policy/facts.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { timeFacts } from '../../src/domain/policy/time.ts';
import type { Policy } from '../../src/domain/policy/types.ts';

export const RULES = 10;
const GROUPS = 12;

export interface BenchRule {
  readonly group: string;
  readonly hours: number;
}

/** The rules of each role: ten of them, of which the last one holds for the requester of `factsOf`. */
export const rulesOf = (): readonly BenchRule[] =>
  Array.from({ length: RULES }, (_, index) => ({ group: `team${index}`, hours: index + 1 }));

/** A catalogue in which no two roles share their data, as files hold it. */
export function catalogue(roles: number): string {
  const groups = Array.from({ length: GROUPS }, (_, index) => `  team${index}: { slack_usergroup: team${index} }`);
  const written = Array.from({ length: roles }, (_, role) => [
    `  db/role${role}:`,
    `    entitlement: { role: role_${role} }`,
    '    duration: { default: 1h, max: 24h }',
    '    rules:',
    ...rulesOf().flatMap(({ group, hours }, index) => [
      `      - name: rule ${index} of ${role}`,
      `        when: '"${group}" in requester.groups && request.duration <= duration("${hours}h") && resource.environment == "production"'`,
      '        then: approve',
    ]),
  ]);
  const around = [
    'apiVersion: elevate/v1',
    'defaults: { channel: "#access" }',
    'groups:',
    ...groups,
    'connectors: { pg: { type: postgres, url: "$' + '{DB_URL}" } }',
    'resources: { db: { connector: pg, environment: production } }',
    'roles:',
  ];
  return [...around, ...written.flat(), ''].join('\n');
}

const schemas = Object.fromEntries(connectorTypes);

export function loadCatalogue(text: string): Policy {
  const loaded = loadPolicy([{ path: 'catalogue.yaml', text }], schemas);
  if (!loaded.ok) throw new Error(loaded.findings.map(findingText).join('\n'));
  return loaded.policy;
}

/** Somebody in the last team alone, so that every rule of the role is read. */
export function factsOf(policy: Policy): Facts {
  const at = new Date('2026-03-02T10:00:00Z');
  const last = `team${RULES - 1}`;
  return {
    at: at.toISOString(),
    requester: {
      id: 'U0DEV',
      email: 'dev@example.com',
      name: 'Dev',
      groups: Object.fromEntries([...policy.groups.keys()].map((group) => [group, group === last])),
      manager: null,
      timezone: 'UTC',
    },
    request: {
      durationSeconds: 1_800,
      ticket: null,
      reason: 'a reason',
      extension: false,
      breakGlass: false,
      channel: null,
    },
    time: timeFacts(at, policy.timezone, policy.businessHours),
    history: { activeGrants: 0, activeRoles: [], grantsToday: 0, minutesSinceLast: null },
    provided: {},
  };
}

/** Microseconds of one evaluation with its whole trace, over all roles of the catalogue in turn. */
export function timeEvaluations(policy: Policy, facts: Facts, count: number): number {
  const keys: readonly RoleKey[] = [...policy.roles.keys()];
  const first = keys[0] ?? roleKey('db/role0');
  let approved = 0;
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    if (evaluate(policy, keys[done % keys.length] ?? first, facts).outcome === 'approve') approved += 1;
  }
  const microseconds = ((performance.now() - start) * 1_000) / count;
  if (approved !== count) throw new Error('The catalogue does not decide as the bench expects');
  return microseconds;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Runs both in turn, so that whatever else the machine does meets both, and takes the middle of each. */
export async function interleaved(
  rounds: number,
  measured: () => number | Promise<number>,
  floor: () => number | Promise<number>,
): Promise<{ measured: number; floor: number }> {
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await measured());
    theirs.push(await floor());
  }
  return { measured: median(ours), floor: median(theirs) };
}
