import type { z } from 'zod';
import { roleKey } from '../ids.ts';
import { type AuditChannels, auditOf } from './build-audit.ts';
import { buildStages, checkPeople } from './build-stages.ts';
import type { ConnectorSchemas } from './connector-schemas.ts';
import type { PolicyData, ResourceData, RoleData, RuleData } from './data.ts';
import { finding } from './finding.ts';
import { type Entry, unknownName } from './gather.ts';
import { schemaFindings } from './issues.ts';
import { compilePattern } from './regex.ts';
import type { Report } from './report.ts';
import { type defaultsSchema, resourceSchema, roleSchema, type ruleSchema } from './schema.ts';
import { ROLE_KEY_EXPECTED, ROLE_KEY_PATTERN } from './schema-parts.ts';
import type { Path } from './yaml.ts';

type Terms = z.output<typeof defaultsSchema>;

/** What a role is when neither it nor `defaults` says anything. */
const FALLBACK = {
  durationDefaultSeconds: 3_600,
  durationMaxSeconds: 4 * 3_600,
  reasonMinLength: 1,
  subject: 'requester.email',
  remindersMax: 3,
} as const;

export interface RoleSurroundings {
  readonly terms: Terms;
  readonly defaults: PolicyData['defaults'];
  readonly connectors: PolicyData['connectors'];
  readonly entitlements: Readonly<Record<string, ConnectorSchemas[string]>>;
  readonly hasManagers: boolean;
  readonly audit: AuditChannels;
  /** The keys of all roles. */
  readonly roles: ReadonlySet<string>;
}

export function buildResources(
  entries: ReadonlyMap<string, Entry>,
  report: Report,
  connectors: ReadonlySet<string>,
): Record<string, ResourceData> {
  const resources: Record<string, ResourceData> = {};
  for (const [name, { raw, place }] of entries) {
    if (!report.name(name, place)) continue;
    const parsed = resourceSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(resourceSchema, raw, parsed.error.issues, place, `resource ${name}`));
      continue;
    }
    const { data } = parsed;
    if (!connectors.has(data.connector)) {
      report.add(
        unknownName(
          'unknown_connector',
          'connector',
          data.connector,
          connectors,
          place.locate(['connector']),
          'connectors',
        ),
      );
    }
    report.groups(data.owners, place, ['owners']);
    resources[name] = {
      title: data.title ?? name,
      connector: data.connector,
      environment: data.environment,
      owners: data.owners,
      channel: data.channel ?? null,
      auditChannel: data.audit_channel ?? null,
      labels: data.labels,
    };
  }
  return resources;
}

/** One role with everything filled in; null when it says something wrong, which the report then has. */
export function buildRole(
  key: string,
  { raw, place }: Entry,
  resources: Readonly<Record<string, ResourceData>>,
  declaredResources: ReadonlySet<string>,
  around: RoleSurroundings,
  report: Report,
): RoleData | null {
  if (!ROLE_KEY_PATTERN.test(key)) {
    const message = `The role '${key}' must be called ${ROLE_KEY_EXPECTED}.`;
    report.add(
      finding('error', 'wrong_value', place.locateKey([]), message, 'Rename it, for example orders-db/admin.'),
    );
    return null;
  }
  const what = `role ${key}`;
  const parsed = roleSchema.safeParse(raw);
  if (!parsed.success) {
    report.add(...schemaFindings(roleSchema, raw, parsed.error.issues, place, what));
    return null;
  }
  const { data } = parsed;
  const resourceName = key.slice(0, key.indexOf('/'));
  const resource = Object.hasOwn(resources, resourceName) ? resources[resourceName] : undefined;
  if (!resource) {
    if (!declaredResources.has(resourceName)) {
      report.add(
        unknownName('unknown_resource', 'resource', resourceName, declaredResources, place.locateKey([]), 'resources'),
      );
    }
    return null;
  }
  const term = <K extends keyof Terms>(name: K): Terms[K] => data[name] ?? around.terms[name];
  const owners = data.owners ?? resource.owners;
  const duration = {
    defaultSeconds: term('duration')?.default ?? FALLBACK.durationDefaultSeconds,
    maxSeconds: term('duration')?.max ?? FALLBACK.durationMaxSeconds,
  };
  if (duration.defaultSeconds > duration.maxSeconds) {
    const message = `${what}: the default duration is longer than the longest.`;
    report.add(
      finding(
        'error',
        'default_above_max',
        place.locate(['duration', 'default']),
        message,
        'Lower default or raise max.',
      ),
    );
  }
  const unusedAfterSeconds = term('unused_after') ?? null;
  const connectorType = around.connectors[resource.connector]?.type ?? '';
  if (unusedAfterSeconds !== null && around.entitlements[connectorType]?.observesUse === false) {
    const message = `${what}: a connector of type ${connectorType} cannot tell whether access is used, so unused_after would never end it.`;
    const at = data.unused_after === undefined ? place.locateKey([]) : place.locate(['unused_after']);
    report.add(finding('error', 'use_not_observed', at, message, 'Remove unused_after, and keep duration short.'));
  }
  const pattern = term('ticket')?.pattern ?? null;
  const compiled = pattern === null ? null : compilePattern(pattern);
  if (compiled?.ok === false) {
    const message = `${what}: the ticket's pattern cannot be used: ${compiled.error}.`;
    report.add(
      finding('error', 'bad_pattern', place.locate(['ticket', 'pattern']), message, 'Write it in RE2 syntax.'),
    );
  }
  const example = term('ticket')?.example ?? null;
  if (example !== null && compiled?.ok && !compiled.test(example)) {
    const message = `${what}: the ticket's example does not match its pattern, so whoever follows it would be refused.`;
    const at = data.ticket === undefined ? place.locateKey([]) : place.locate(['ticket', 'example']);
    report.add(finding('error', 'bad_example', at, message, 'Write a ticket that the pattern accepts.'));
  }
  report.groups(data.owners ?? [], place, ['owners']);
  data.narrower?.forEach((role, index) => {
    if (around.roles.has(role) && role !== key) return;
    report.add(unknownName('unknown_role', 'role', role, around.roles, place.locate(['narrower', index]), 'roles'));
  });
  const channel = data.channel ?? resource.channel ?? around.defaults.channel;
  if (channel === null) {
    const message = `${what} has no channel for its approval cards.`;
    report.add(
      finding(
        'error',
        'no_channel',
        place.locateKey([]),
        message,
        'Set channel in the role, its resource or defaults.',
      ),
    );
  }
  if (data.break_glass) {
    report.groups(data.break_glass.who, place, ['break_glass', 'who']);
    report.groups(data.break_glass.notify, place, ['break_glass', 'notify']);
  }
  report.distinct(
    data.rules.map((rule) => rule.name),
    'rule',
    place,
    (index) => ['rules', index, 'name'],
  );
  const subject = term('subject') ?? FALLBACK.subject;
  report.subject(subject, place, data.subject !== undefined ? ['subject'] : null);
  const people = { hasOwners: owners.length > 0, hasManagers: around.hasManagers, mayDecideOwn: true };
  checkPeople(data.fallback ?? [], ['fallback'], place, people, report);
  const stages = { ...people, fallback: term('fallback') ?? [] };
  return {
    title: data.title ?? key,
    description: data.description ?? null,
    resource: resourceName,
    entitlement: entitlementOf(data.entitlement, resource, around, what, { raw, place }, report),
    risk: data.risk,
    labels: data.labels ?? {},
    subject,
    duration,
    reason: { minLength: term('reason')?.min_length ?? FALLBACK.reasonMinLength },
    ticket: { required: term('ticket')?.required ?? false, pattern, example },
    endSessions: term('end_sessions') ?? true,
    instructions: data.instructions ?? null,
    unusedAfterSeconds,
    startWithinSeconds: term('start_within') ?? null,
    extensions: { max: term('extensions')?.max ?? 0 },
    narrower: data.narrower?.map(roleKey) ?? null,
    reminders: { max: term('reminders')?.max ?? FALLBACK.remindersMax },
    rules: data.rules.map((rule, index) => buildRule(rule, ['rules', index], place, stages, report)),
    breakGlass: data.break_glass
      ? {
          who: data.break_glass.who,
          maxSeconds: data.break_glass.max,
          notify: data.break_glass.notify,
          reviewWithinSeconds: data.break_glass.review_within,
        }
      : null,
    channel: channel ?? '',
    auditChannel: data.audit_channel ?? resource.auditChannel ?? auditOf(resource.environment, around.audit),
    owners,
    requestTtlSeconds: term('request_ttl') ?? around.defaults.requestTtlSeconds,
    provisioningWindowSeconds: term('provisioning_window') ?? around.defaults.provisioningWindowSeconds,
  };
}

function entitlementOf(
  raw: unknown,
  resource: ResourceData,
  around: RoleSurroundings,
  what: string,
  { place }: Entry,
  report: Report,
): unknown {
  const connector = Object.hasOwn(around.connectors, resource.connector)
    ? around.connectors[resource.connector]
    : undefined;
  const type = connector ? around.entitlements[connector.type] : undefined;
  if (!type) return null;
  if (raw === undefined) {
    const message = `${what}: entitlement is missing; it says what the connector gives.`;
    report.add(finding('error', 'missing_key', place.locateKey([]), message, 'Add entitlement.'));
    return null;
  }
  return report.foreign(type.entitlement, raw, place, ['entitlement'], `${what}: entitlement`);
}

function buildRule(
  rule: z.output<typeof ruleSchema>,
  path: Path,
  place: Entry['place'],
  allowed: Parameters<typeof buildStages>[3],
  report: Report,
): RuleData {
  const denies = rule.then === 'deny';
  if (rule.when !== undefined) report.condition(rule.when, place, [...path, 'when'], denies ? 'denies' : 'grants');
  const stages = typeof rule.then === 'string' ? [] : rule.then.require;
  return {
    name: rule.name,
    when: rule.when ?? null,
    // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
    then:
      typeof rule.then === 'string'
        ? { kind: rule.then }
        : {
            kind: 'require',
            stages: buildStages(stages, [...path, 'then', 'require'], place, allowed, report),
          },
    message: rule.message ?? null,
  };
}
