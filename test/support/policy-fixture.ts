import { z } from 'zod';
import { roleKey } from '../../src/domain/ids.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import type { Facts, HistoryFacts, Known } from '../../src/domain/policy/facts.ts';
import { type Finding, findingText } from '../../src/domain/policy/finding.ts';
import { type ConnectorSchemas, loadPolicy, type PolicyFile } from '../../src/domain/policy/load.ts';
import { timeFacts } from '../../src/domain/policy/time.ts';
import type { Policy, PolicyDecision, Role } from '../../src/domain/policy/types.ts';

/** A kind of target with the simplest schemas: what a connector's own schema says is tested with that connector. */
export const connectorTypes: ConnectorSchemas = {
  postgres: {
    connection: z.strictObject({ url: z.string('url must be the address of a server') }),
    entitlement: z.strictObject({ role: z.string('role must be the name of a role').min(1) }),
  },
};

/** Everything around the roles: groups, a connector, two resources. */
export const AROUND = `apiVersion: elevate/v1
timezone: Europe/Berlin
defaults: { channel: "#access" }
groups:
  dba: { slack_usergroup: dba }
  security: { members: [sec@example.com] }
  developers: { slack_usergroup: developers }
  sre: { slack_usergroup: sre }
connectors:
  pg: { type: postgres, url: "\${DB_URL}" }
resources:
  db: { connector: pg, environment: production, owners: [dba], labels: { team: orders } }
  lab: { connector: pg, environment: staging }
`;

export const file = (text: string, path = 'policies/p.yaml'): PolicyFile => ({ path, text });

export const load = (...texts: string[]) =>
  loadPolicy(
    texts.map((text, index) => file(text, `policies/p${index}.yaml`)),
    connectorTypes,
  );

/** The policy of texts that must be right. */
export function policyOf(...texts: string[]): Policy {
  const loaded = load(...texts);
  if (!loaded.ok) throw new Error(loaded.findings.map(findingText).join('\n'));
  return loaded.policy;
}

/** `AROUND` with the rules of one role, db/admin, and whatever else stands beside it. */
export function withRules(rules: string, beside = ''): Policy {
  return policyOf(
    AROUND,
    `apiVersion: elevate/v1\nroles:\n  db/admin:\n    entitlement: { role: admin }\n    rules: ${rules}\n${beside}`,
  );
}

/** `line:column code`, for short tables. */
export const told = (findings: readonly Finding[]): string[] =>
  findings.map((each) => `${each.line}:${each.column} ${each.code}`);

export interface FactParts {
  readonly at?: string;
  readonly groups?: Record<string, Known<boolean>>;
  readonly requester?: Partial<Facts['requester']>;
  readonly request?: Partial<Facts['request']>;
  readonly history?: Partial<HistoryFacts> | { readonly unavailable: string };
  readonly provided?: Facts['provided'];
}

/** A developer who asks for an hour on a Monday at 11:00 in Berlin; `parts` replace what a test is about. */
export function factsFor(policy: Policy, parts: FactParts = {}): Facts {
  const at = new Date(parts.at ?? '2026-03-02T10:00:00Z');
  const groups = Object.fromEntries([...policy.groups.keys()].map((name): [string, Known<boolean>] => [name, false]));
  const history = parts.history ?? {};
  return {
    at: at.toISOString(),
    requester: {
      id: 'U0DEV',
      email: 'dev@example.com',
      name: 'Dev',
      manager: null,
      timezone: 'Europe/Berlin',
      ...parts.requester,
      groups: { ...groups, ...parts.groups },
    },
    request: {
      durationSeconds: 3_600,
      ticket: null,
      reason: 'to mend the stuck worker',
      extension: false,
      breakGlass: false,
      channel: null,
      ...parts.request,
    },
    time: timeFacts(at, policy.timezone, policy.businessHours),
    history:
      'unavailable' in history
        ? { unavailable: history.unavailable ?? '' }
        : { activeGrants: 0, activeRoles: [], grantsToday: 0, minutesSinceLast: null, ...history },
    provided: parts.provided ?? {},
  };
}

export const decide = (policy: Policy, parts: FactParts = {}, role = 'db/admin'): PolicyDecision =>
  evaluate(policy, roleKey(role), factsFor(policy, parts));

export function roleOf(policy: Policy, key = 'db/admin'): Role {
  const role = policy.roles.get(roleKey(key));
  if (!role) throw new Error(`The policy has no role ${key}`);
  return role;
}
