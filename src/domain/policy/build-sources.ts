import { canonicalJson, type Json } from '../json.ts';
import type { ConnectorSchemas } from './connector-schemas.ts';
import type { FactProviderData, OnCallData, PolicyData } from './data.ts';
import { type Finding, finding } from './finding.ts';
import { type Entry, unknownName } from './gather.ts';
import { schemaFindings } from './issues.ts';
import { placeholderProblem } from './provider-url.ts';
import type { Report } from './report.ts';
import { connectorSchema, factProviderSchema, groupSchema, onCallProviderSchema } from './schema.ts';
import { NAME_EXPECTED, NAME_PATTERN } from './schema-parts.ts';
import { literalSecrets } from './secrets.ts';
import type { Group } from './types.ts';

/** PagerDuty REST API reference, "Authentication": the header is `Authorization: Token token=<key>`. */
const PAGERDUTY_URL = 'https://api.pagerduty.com';
const PAGERDUTY_HEADERS = { Authorization: `Token token=${'$'}{PAGERDUTY_TOKEN}` };

/** A fact's name is written in conditions, so it must be a CEL identifier (CEL language definition, "Syntax"). */
const FACT_NAME = /^[a-z_][a-z0-9_]{0,79}$/;

export function buildFactProviders(
  entries: ReadonlyMap<string, Entry>,
  findings: Finding[],
): Record<string, FactProviderData> {
  const providers: Record<string, FactProviderData> = {};
  const declared = new Map<string, string>();
  for (const [name, { raw, place }] of entries) {
    if (!NAME_PATTERN.test(name)) {
      findings.push(
        finding(
          'error',
          'wrong_value',
          place.locateKey([]),
          `'${name.slice(0, 60)}' must be ${NAME_EXPECTED}.`,
          'Rename it.',
        ),
      );
      continue;
    }
    const parsed = factProviderSchema.safeParse(raw);
    if (!parsed.success) {
      findings.push(...schemaFindings(factProviderSchema, raw, parsed.error.issues, place, `fact provider ${name}`));
      continue;
    }
    findings.push(...literalSecrets(raw, place, `fact provider ${name}`));
    for (const fact of Object.keys(parsed.data.facts)) {
      const at = place.locateKey(['facts', fact]);
      const before = declared.get(fact);
      if (before !== undefined) {
        const message = `The fact '${fact}' is declared already, by '${before}'.`;
        findings.push(finding('error', 'defined_twice', at, message, 'Let one provider declare it.'));
      }
      if (!FACT_NAME.test(fact)) {
        const message = `'${fact.slice(0, 60)}' must be a name of small letters, digits and underscores.`;
        findings.push(finding('error', 'wrong_value', at, message, 'Rename the fact.'));
      }
      declared.set(fact, name);
    }
    const problem = placeholderProblem(parsed.data.url);
    if (problem !== null) {
      const message = `fact provider ${name}: ${problem}.`;
      findings.push(finding('error', 'wrong_value', place.locate(['url']), message, 'Correct url.'));
    }
    const { url, headers, timeout, cache, max_bytes, facts } = parsed.data;
    providers[name] = { url, headers, timeoutSeconds: timeout, cacheSeconds: cache, maxBytes: max_bytes, facts };
  }
  return providers;
}

/** The declared ones, and PagerDuty itself where a group asks for it without one: its key comes from PAGERDUTY_TOKEN. */
export function buildOnCallProviders(
  entries: ReadonlyMap<string, Entry>,
  groups: ReadonlyMap<string, Entry>,
  report: Report,
): Record<string, OnCallData> {
  const providers: Record<string, OnCallData> = {};
  for (const [name, { raw, place }] of entries) {
    if (!report.name(name, place)) continue;
    const parsed = onCallProviderSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(onCallProviderSchema, raw, parsed.error.issues, place, `on-call provider ${name}`));
      continue;
    }
    report.add(...literalSecrets(raw, place, `on-call provider ${name}`));
    const { type, url, headers, timeout, cache } = parsed.data;
    if (type === 'http' && url === undefined) {
      const message = `on-call provider ${name} has no url.`;
      report.add(finding('error', 'missing_key', place.locateKey([]), message, 'Add url.'));
      continue;
    }
    const ownHeaders = Object.keys(headers).length > 0 || type === 'http';
    providers[name] = {
      type,
      url: url ?? PAGERDUTY_URL,
      headers: ownHeaders ? headers : PAGERDUTY_HEADERS,
      timeoutSeconds: timeout,
      cacheSeconds: cache,
    };
  }
  const wanted = [...groups.values()].some(({ raw }) => canonicalJson(raw).includes('"provider":"pagerduty"'));
  if (wanted && !entries.has('pagerduty')) {
    providers.pagerduty = {
      type: 'pagerduty',
      url: PAGERDUTY_URL,
      headers: PAGERDUTY_HEADERS,
      timeoutSeconds: 3,
      cacheSeconds: 30,
    };
  }
  return providers;
}

export function buildGroups(
  entries: ReadonlyMap<string, Entry>,
  onCallProviders: ReadonlySet<string>,
  report: Report,
): Record<string, Group> {
  const groups: Record<string, Group> = {};
  for (const [name, { raw, place }] of entries) {
    if (!report.groupName(name, place)) continue;
    const parsed = groupSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(groupSchema, raw, parsed.error.issues, place, `group ${name}`));
      continue;
    }
    const { data } = parsed;
    const { delegate } = data;
    if ('slack_usergroup' in data)
      groups[name] = { kind: 'slack_usergroup', handle: data.slack_usergroup.replace(/^@/, ''), delegate };
    else if ('members' in data) groups[name] = { kind: 'members', emails: [...new Set(data.members)].sort(), delegate };
    else {
      const { provider, schedule } = data.on_call;
      groups[name] = { kind: 'on_call', provider, schedule, delegate };
      if (!onCallProviders.has(provider)) {
        const at = place.locate(['on_call', 'provider']);
        report.add(
          unknownName(
            'unknown_provider',
            'on-call provider',
            provider,
            [...onCallProviders, 'pagerduty'],
            at,
            'on_call_providers',
          ),
        );
      }
    }
  }
  return groups;
}

export function buildConnectors(
  entries: ReadonlyMap<string, Entry>,
  types: ConnectorSchemas,
  report: Report,
): PolicyData['connectors'] {
  const connectors: Record<string, { type: string; connection: Json }> = {};
  for (const [name, { raw, place }] of entries) {
    if (!report.name(name, place)) continue;
    const what = `connector ${name}`;
    const parsed = connectorSchema.safeParse(raw);
    if (!parsed.success) {
      report.add(...schemaFindings(connectorSchema, raw, parsed.error.issues, place, what));
      continue;
    }
    const { type, ...connection } = parsed.data;
    report.add(...literalSecrets(connection, place, what));
    const schemas = Object.hasOwn(types, type) ? types[type] : undefined;
    if (schemas) report.foreign(schemas.connection, connection, place, [], what);
    else {
      const at = place.locate(['type']);
      const known = Object.keys(types);
      report.add(
        unknownName('unknown_connector_type', 'connector type', type, known, at, 'the types in the documentation'),
      );
    }
    connectors[name] = { type, connection: JSON.parse(canonicalJson(connection)) };
  }
  return connectors;
}
