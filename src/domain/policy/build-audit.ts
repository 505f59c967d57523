import type { PolicyData } from './data.ts';
import { finding } from './finding.ts';
import type { Sections } from './gather.ts';
import type { Report } from './report.ts';
import { suggestion } from './suggest.ts';

/** Where the timelines of requests stand whose role and resource name no channel. */
export interface AuditChannels {
  readonly byEnvironment: Readonly<Record<string, string>>;
  readonly otherwise: string | null;
}

/** An environment that no resource is in, or whose resources all name channels of their own, would silently send nothing there. */
export function buildAudit(
  { single: { channels } }: Sections,
  resources: PolicyData['resources'],
  report: Report,
): AuditChannels {
  const byEnvironment = channels?.value.audit_by_environment ?? {};
  const all = Object.values(resources);
  const known = new Set(all.map(({ environment }) => environment));
  for (const name of Object.keys(byEnvironment)) {
    if (!channels) continue;
    const at = channels.place.locateKey(['audit_by_environment', name]);
    if (!known.has(name)) {
      const message = `No resource is in an environment '${name}'.`;
      report.add(finding('error', 'unknown_environment', at, message, suggestion(name, known, 'Remove it.')));
    } else if (all.every(({ environment, auditChannel }) => environment !== name || auditChannel !== null)) {
      const message = `Every resource in the environment '${name}' has an audit_channel of its own, so this one is used by none.`;
      report.add(finding('note', 'unused_name', at, message, 'Remove it, or the audit_channel of a resource.'));
    }
  }
  return { byEnvironment, otherwise: channels?.value.audit ?? null };
}

export const auditOf = (environment: string, { byEnvironment, otherwise }: AuditChannels): string | null =>
  (Object.hasOwn(byEnvironment, environment) ? byEnvironment[environment] : null) ?? otherwise;
