import { buildAudit } from './build-audit.ts';
import { buildResources, buildRole } from './build-roles.ts';
import { buildConnectors, buildFactProviders, buildGroups, buildOnCallProviders } from './build-sources.ts';
import { buildStages, checkPeople } from './build-stages.ts';
import type { ConnectorSchemas } from './connector-schemas.ts';
import type { DutyData, GuardrailData, PolicyData, RoleData } from './data.ts';
import { type Finding, finding } from './finding.ts';
import { type Sections, unknownName } from './gather.ts';
import { schemaFindings } from './issues.ts';
import type { ProvidedFactType } from './labels.ts';
import { createLanguage, type Language } from './language.ts';
import { MAX_ROLES } from './limits.ts';
import type { Location } from './location.ts';
import { Report } from './report.ts';
import { dutySetSchema, guardrailSchema } from './schema.ts';
import type { BusinessHours, PolicyAlerts } from './types.ts';

/** Where rules stand, for decisions to point to; not part of the policy's content. */
export interface Locations {
  readonly roles: ReadonlyMap<string, Location>;
  /** By role and the rule's index. */
  readonly rules: ReadonlyMap<string, readonly Location[]>;
  readonly guardrails: readonly Location[];
  readonly duties: readonly Location[];
}

export interface Built {
  readonly data: PolicyData;
  readonly locations: Locations;
  readonly language: Language;
}

const DEFAULT_BUSINESS_HOURS: BusinessHours = {
  days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'],
  fromMinute: 9 * 60,
  toMinute: 17 * 60,
  holidays: [],
};
const DEFAULT_REQUEST_TTL_SECONDS = 8 * 3_600;
const DEFAULT_PROVISIONING_WINDOW_SECONDS = 600;
const DEFAULT_ALERT_REPEAT_SECONDS = 15 * 60;

/** Checks every part and fills in what was left out. The data is whole only when no finding is an error. */
export function build(sections: Sections, connectorTypes: ConnectorSchemas): { built: Built; findings: Finding[] } {
  const { single, named, listed } = sections;
  const groupNames = new Set(named.groups.keys());
  const early: Finding[] = [];
  const factProviders = buildFactProviders(named.fact_providers, early);
  const factTypes = new Map<string, ProvidedFactType>(
    Object.values(factProviders).flatMap((provider) => Object.entries(provider.facts)),
  );
  const language = createLanguage({ groups: groupNames, factTypes });
  const report = new Report(groupNames, language);
  report.add(...early);

  const onCallProviders = buildOnCallProviders(named.on_call_providers, named.groups, report);
  const groups = buildGroups(named.groups, new Set(Object.keys(onCallProviders)), report);
  const connectors = buildConnectors(named.connectors, connectorTypes, report);
  const managers = single.managers?.value;
  const terms = single.defaults?.value ?? {};
  if (single.defaults && terms.subject !== undefined) report.subject(terms.subject, single.defaults.place, ['subject']);
  const defaults = {
    requestTtlSeconds: terms.request_ttl ?? DEFAULT_REQUEST_TTL_SECONDS,
    provisioningWindowSeconds: terms.provisioning_window ?? DEFAULT_PROVISIONING_WINDOW_SECONDS,
    channel: terms.channel ?? null,
  };
  if (single.defaults && terms.fallback) {
    const people = { hasOwners: true, hasManagers: managers !== undefined, mayDecideOwn: false };
    checkPeople(terms.fallback, ['fallback'], single.defaults.place, people, report);
  }
  if (single.admins) report.groups(single.admins.value, single.admins.place, []);
  const businessHours = buildBusinessHours(sections, report);

  const resources = buildResources(named.resources, report, new Set(named.connectors.keys()));
  const around = {
    terms,
    defaults,
    connectors,
    entitlements: connectorTypes,
    hasManagers: managers !== undefined,
    audit: buildAudit(sections, resources, report),
    roles: new Set(named.roles.keys()),
  };
  if (named.roles.size > MAX_ROLES) {
    const message = `There are ${named.roles.size} roles; at most ${MAX_ROLES} are allowed.`;
    report.add(finding('error', 'limit_exceeded', sections.start, message, 'Split them over several deployments.'));
  }
  const roles: Record<string, RoleData> = {};
  const roleLocations = new Map<string, Location>();
  const ruleLocations = new Map<string, readonly Location[]>();
  for (const [key, entry] of named.roles) {
    const role = buildRole(key, entry, resources, new Set(named.resources.keys()), around, report);
    if (!role) continue;
    roles[key] = role;
    roleLocations.set(key, entry.place.locateKey([]));
    ruleLocations.set(
      key,
      role.rules.map((_, index) => entry.place.locate(['rules', index])),
    );
  }

  const guardrails = buildGuardrails(
    sections,
    { hasManagers: managers !== undefined, fallback: terms.fallback ?? [] },
    report,
  );
  const duties = buildDuties(sections, new Set(named.roles.keys()), report);
  const data: PolicyData = {
    apiVersion: 'elevate/v1',
    timezone: single.timezone?.value ?? 'UTC',
    businessHours,
    defaults,
    admins: single.admins?.value ?? [],
    channels: {
      security: single.channels?.value.security ?? null,
      audit: single.channels?.value.audit ?? null,
    },
    alerts: buildAlerts(sections, report),
    managers: !managers
      ? null
      : 'map' in managers
        ? { kind: 'map', managers: lowerKeys(managers.map) }
        : { kind: 'slack_profile_field', field: managers.slack_profile_field },
    groups,
    onCallProviders,
    factProviders,
    connectors,
    resources,
    roles,
    guardrails,
    separationOfDuties: duties,
  };
  const locations: Locations = {
    roles: roleLocations,
    rules: ruleLocations,
    guardrails: listed.guardrails.map(({ place }) => place.locate([])),
    duties: listed.separation_of_duties.map(({ place }) => place.locate([])),
  };
  return { built: { data, locations, language }, findings: report.findings };
}

const lowerKeys = (map: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key.toLowerCase(), value]));

function buildBusinessHours({ single }: Sections, report: Report): BusinessHours {
  const given = single.business_hours;
  if (!given) return DEFAULT_BUSINESS_HOURS;
  const hours: BusinessHours = {
    days: given.value.days ?? DEFAULT_BUSINESS_HOURS.days,
    fromMinute: given.value.from ?? DEFAULT_BUSINESS_HOURS.fromMinute,
    toMinute: given.value.to ?? DEFAULT_BUSINESS_HOURS.toMinute,
    holidays: given.value.holidays ?? [],
  };
  if (hours.fromMinute >= hours.toMinute) {
    const message = 'business_hours end before they begin.';
    report.add(finding('error', 'wrong_value', given.place.locate(['to']), message, 'Let to be later than from.'));
  }
  return hours;
}

function buildGuardrails(
  { listed }: Sections,
  around: { readonly hasManagers: boolean; readonly fallback: readonly string[] },
  report: Report,
): GuardrailData[] {
  const names = listed.guardrails.map(({ raw }) => nameIn(raw));
  names.forEach((name, index) => {
    const before = name === null ? -1 : names.indexOf(name);
    const entry = listed.guardrails[index];
    if (before < 0 || before === index || !entry) return;
    const message = `There are two guardrails '${name}'.`;
    report.add(finding('error', 'defined_twice', entry.place.locate(['name']), message, 'Give each its own name.'));
  });
  return listed.guardrails.flatMap(({ raw, place }): GuardrailData[] => {
    const parsed = guardrailSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(guardrailSchema, raw, parsed.error.issues, place, 'guardrail'));
      return [];
    }
    const { data } = parsed;
    const { then: effect } = data;
    const denies = effect === 'deny';
    if (data.when !== undefined) report.condition(data.when, place, ['when'], denies ? 'denies' : 'limits');
    // Which roles it will meet is not known here, so it may ask for owners; one without is refused when it is asked for.
    const allowed = { ...around, hasOwners: true, mayDecideOwn: false };
    const stages = denies ? [] : buildStages(effect.require ?? [], ['then', 'require'], place, allowed, report);
    return [
      {
        name: data.name,
        when: data.when ?? null,
        // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
        then: denies ? { kind: 'deny' } : { kind: 'limit', capSeconds: effect.cap ?? null, stages },
        message: data.message ?? null,
      },
    ];
  });
}

function nameIn(raw: unknown): string | null {
  const name = typeof raw === 'object' && raw !== null && 'name' in raw ? raw.name : null;
  return typeof name === 'string' ? name : null;
}

function buildDuties({ listed }: Sections, roles: ReadonlySet<string>, report: Report): DutyData[] {
  return listed.separation_of_duties.flatMap(({ raw, place }): DutyData[] => {
    const parsed = dutySetSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(dutySetSchema, raw, parsed.error.issues, place, 'separation_of_duties'));
      return [];
    }
    const set = Array.isArray(parsed.data) ? { roles: parsed.data } : parsed.data;
    const path = Array.isArray(parsed.data) ? [] : ['roles'];
    set.roles.forEach((role, index) => {
      if (roles.has(role)) return;
      report.add(unknownName('unknown_role', 'role', role, roles, place.locate([...path, index]), 'roles'));
    });
    report.distinct(set.roles, 'role', place, (index) => [...path, index]);
    const name = 'name' in set && set.name !== undefined ? set.name : set.roles.join(' or ');
    const message = 'message' in set && set.message !== undefined ? set.message : null;
    return [{ name, roles: set.roles, message }];
  });
}

function buildAlerts({ single: { alerts } }: Sections, report: Report): PolicyAlerts {
  const steps = alerts?.value.escalate ?? [];
  for (const [index, step] of steps.entries()) {
    if (alerts) report.groups(step.to, alerts.place, ['escalate', index, 'to']);
  }
  return {
    repeatSeconds: alerts?.value.repeat ?? DEFAULT_ALERT_REPEAT_SECONDS,
    escalate: steps
      .map((step) => ({ afterSeconds: step.after, to: step.to }))
      .toSorted((a, b) => a.afterSeconds - b.afterSeconds),
  };
}
