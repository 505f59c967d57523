import { createHash } from 'node:crypto';
import { policyVersion, roleKey } from '../ids.ts';
import { canonicalJson } from '../json.ts';
import type { Built, Locations } from './build.ts';
import type { Condition } from './condition.ts';
import type { PolicyData, RoleData } from './data.ts';
import type { Language } from './language.ts';
import { compilePattern } from './regex.ts';
import type { ConnectorConfig, DutySet, ManagerSource, Policy, Resource, Role } from './types.ts';

/** Makes the policy of checked data. What does not compile here was not checked, which is a bug or a forged row: it throws. */
export function compilePolicy({ data, locations, language }: Built): Policy {
  const canonical = canonicalJson(data);
  const connectors = mapOf(data.connectors, (name, each): ConnectorConfig => ({ name, ...each }));
  const resources = mapOf(data.resources, (name, each): Resource => ({ name, ...each }));
  const condition = (text: string | null, result: 'bool' | 'string' = 'bool'): Condition | null =>
    text === null ? null : compiled(language, text, result);
  const duties = data.separationOfDuties.map((each, index) => ({
    ...each,
    index,
    roles: each.roles.map(roleKey),
    location: locations.duties[index] ?? null,
  }));
  const dutiesOf = new Map<string, DutySet[]>();
  for (const set of duties) {
    for (const key of set.roles) dutiesOf.set(key, [...(dutiesOf.get(key) ?? []), set]);
  }
  const roles = Object.keys(data.roles)
    .sort()
    .flatMap((key) => {
      const role = data.roles[key];
      return role ? [compileRole(key, role, { resources, connectors, dutiesOf, locations, language })] : [];
    });
  return {
    version: policyVersion(createHash('sha256').update(canonical).digest('hex')),
    canonical,
    timezone: data.timezone,
    businessHours: data.businessHours,
    defaults: data.defaults,
    admins: data.admins,
    channels: data.channels,
    alerts: data.alerts,
    groups: mapOf(data.groups, (_, group) => group),
    managers: managerSource(data),
    onCallProviders: mapOf(data.onCallProviders, (name, { headers, ...each }) => ({
      name,
      ...each,
      headers: mapOf(headers, (_, text) => text),
    })),
    factProviders: mapOf(data.factProviders, (name, { headers, facts, ...each }) => ({
      name,
      ...each,
      headers: mapOf(headers, (_, text) => text),
      facts: mapOf(facts, (_, type) => type),
    })),
    factTypes: factTypesOf(data),
    connectors,
    resources,
    roles: new Map(roles.map((role) => [role.key, role])),
    guardrails: data.guardrails.map((each, index) => ({
      ...each,
      index,
      when: condition(each.when),
      location: locations.guardrails[index] ?? null,
    })),
    separationOfDuties: duties,
  };
}

interface Around {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly connectors: ReadonlyMap<string, ConnectorConfig>;
  readonly dutiesOf: ReadonlyMap<string, readonly DutySet[]>;
  readonly locations: Locations;
  readonly language: Language;
}

function compileRole(
  key: string,
  data: RoleData,
  { resources, connectors, dutiesOf, locations, language }: Around,
): Role {
  const resource = resources.get(data.resource);
  const connector = resource ? connectors.get(resource.connector) : undefined;
  if (!resource || !connector) throw new Error(`The role ${key} has no resource or no connector.`);
  const { resource: _resource, subject, ticket, rules, ...terms } = data;
  const pattern = ticket.pattern === null ? null : compilePattern(ticket.pattern);
  return {
    // What every evaluation reads comes first, so that it lies together in memory.
    rules: rules.map((rule, index) => {
      const when = rule.when === null ? null : compiled(language, rule.when, 'bool');
      const { name, message } = rule;
      const effect = rule.then.kind === 'require' ? rule.then : SIMPLE_EFFECTS[rule.then.kind];
      // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
      return { name, index, when, then: effect, location: locations.rules.get(key)?.[index] ?? null, message };
    }),
    duties: dutiesOf.get(key) ?? NO_DUTIES,
    resource,
    key: roleKey(key),
    name: key.slice(key.indexOf('/') + 1),
    connector,
    subject: compiled(language, subject, 'string'),
    ticket: { ...ticket, accepts: (text) => pattern === null || (pattern.ok && pattern.test(text)) },
    ...terms,
    location: locations.roles.get(key) ?? null,
  };
}

const NO_DUTIES: readonly DutySet[] = [];
/** One object each for all rules: what evaluations read of a large catalogue has to fit into the processor's caches. */
const SIMPLE_EFFECTS = { approve: { kind: 'approve' }, deny: { kind: 'deny' } } as const;

function compiled(language: Language, text: string, result: 'bool' | 'string'): Condition {
  const found = language.compile(text, result);
  if (!found.ok) throw new Error(`The condition \`${text}\` does not compile: ${found.problems[0]?.message ?? ''}`);
  return found.condition;
}

function managerSource({ managers }: PolicyData): ManagerSource | null {
  return managers?.kind === 'map' ? { kind: 'map', managers: mapOf(managers.managers, (_, email) => email) } : managers;
}

export const factTypesOf = (data: PolicyData) =>
  new Map(Object.values(data.factProviders).flatMap((provider) => Object.entries(provider.facts)));

/** In the order of the names, so that a policy read from its canonical content is the same in every way. */
function mapOf<T, U>(record: { readonly [name: string]: T }, make: (name: string, value: T) => U): Map<string, U> {
  const entries = Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return new Map(entries.map(([name, value]) => [name, make(name, value)]));
}
