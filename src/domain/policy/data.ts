import type { Json } from '../json.ts';
import type { Labels, ProvidedFactType } from './labels.ts';
import type {
  BusinessHours,
  Group,
  Guardrail,
  PolicyAlerts,
  PolicyChannels,
  PolicyDefaults,
  Role,
  Rule,
} from './types.ts';

/**
 * A policy as plain JSON, with every default filled in, every template written out and every reference checked: what the version
 * is the hash of, and what is kept of every version. Where something stood in its file is not part of it.
 */
export interface PolicyData {
  readonly apiVersion: 'elevate/v1';
  readonly timezone: string;
  readonly businessHours: BusinessHours;
  readonly defaults: PolicyDefaults;
  readonly admins: readonly string[];
  readonly channels: PolicyChannels;
  readonly alerts: PolicyAlerts;
  readonly managers: ManagerData | null;
  readonly groups: { readonly [name: string]: Group };
  readonly onCallProviders: { readonly [name: string]: OnCallData };
  readonly factProviders: { readonly [name: string]: FactProviderData };
  readonly connectors: { readonly [name: string]: { readonly type: string; readonly connection: Json } };
  readonly resources: { readonly [name: string]: ResourceData };
  readonly roles: { readonly [key: string]: RoleData };
  readonly guardrails: readonly GuardrailData[];
  readonly separationOfDuties: readonly DutyData[];
}

export type ManagerData =
  | { readonly kind: 'slack_profile_field'; readonly field: string }
  | { readonly kind: 'map'; readonly managers: { readonly [email: string]: string } };

export interface OnCallData {
  readonly type: 'pagerduty' | 'http';
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutSeconds: number;
  readonly cacheSeconds: number;
}

export interface FactProviderData {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutSeconds: number;
  readonly cacheSeconds: number;
  readonly maxBytes: number;
  readonly facts: { readonly [name: string]: ProvidedFactType };
}

export interface ResourceData {
  readonly title: string;
  readonly connector: string;
  readonly environment: string;
  readonly owners: readonly string[];
  readonly channel: string | null;
  readonly auditChannel: string | null;
  readonly labels: Labels;
}

/** Conditions are their text; the resource is its name. */
export interface RoleData
  extends Omit<
    Role,
    'key' | 'name' | 'resource' | 'connector' | 'subject' | 'ticket' | 'rules' | 'duties' | 'location'
  > {
  readonly resource: string;
  readonly subject: string;
  readonly ticket: Omit<Role['ticket'], 'accepts'>;
  readonly rules: readonly RuleData[];
}

export interface RuleData extends Omit<Rule, 'index' | 'when' | 'location'> {
  readonly when: string | null;
}

export interface GuardrailData extends Omit<Guardrail, 'index' | 'when' | 'location'> {
  readonly when: string | null;
}

export interface DutyData {
  readonly name: string;
  readonly roles: readonly string[];
  readonly message: string | null;
}
