import type { Condition } from './condition.ts';
import { PROVIDED_ROOT } from './fields.ts';
import type { FactProvider, Policy, Role } from './types.ts';

const PREFIX = `${PROVIDED_ROOT}.`;

/** The providers whose facts can decide about these roles: what no rule and no guardrail reads is not asked for. */
export function neededProviders(policy: Policy, roles: Iterable<Role>): readonly FactProvider[] {
  if (policy.factProviders.size === 0) return [];
  const wanted = new Set<string>();
  const see = (when: Condition | null): void => {
    for (const { path } of when?.reads ?? []) if (path.startsWith(PREFIX)) wanted.add(path.slice(PREFIX.length));
  };
  for (const guardrail of policy.guardrails) see(guardrail.when);
  for (const role of roles) for (const rule of role.rules) see(rule.when);
  return [...policy.factProviders.values()].filter((provider) =>
    [...provider.facts.keys()].some((fact) => wanted.has(fact)),
  );
}
