import { z } from 'zod';
import { PROVIDED_FACT_TYPES, RISKS } from './labels.ts';
import * as limits from './limits.ts';
import * as part from './schema-parts.ts';

const { duration, integer, listOf, mapping, name, oneOf, recordOf, text } = part;

const people = listOf(name, 'group names, manager or owners', 20, 1);
const groupNames = (max = 50) => listOf(name, 'group names', max);

export const stageSchema = mapping({
  approvals: integer(1, limits.MAX_APPROVALS).default(1),
  from: people,
  self: oneOf(['allowed']).optional(),
  within: duration('1m', '30d').optional(),
  remind_after: duration('1m', '30d').optional(),
  escalate_after: duration('1m', '30d').optional(),
  escalate_to: people.optional(),
  fallback: people.optional(),
});
const stages = listOf(stageSchema, 'stages', limits.MAX_STAGES, 1);

export const ruleSchema = mapping({
  name: text(limits.MAX_NAME_LENGTH, 'a name'),
  when: part.condition.optional(),
  // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
  then: z.union([oneOf(['approve', 'deny']), mapping({ require: stages })], {
    error: 'approve, deny, or require with a list of stages',
  }),
  message: text(limits.MAX_TEXT_LENGTH).optional(),
});

export const guardrailSchema = mapping({
  name: text(limits.MAX_NAME_LENGTH, 'a name'),
  when: part.condition.optional(),
  // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
  then: z.union(
    [
      oneOf(['deny']),
      mapping({ cap: duration('1s', '30d').optional(), require: stages.optional() }).refine(
        (limit) => limit.cap !== undefined || limit.require !== undefined,
        { error: 'cap, require, or both' },
      ),
    ],
    { error: 'deny, or a mapping with cap, require or both' },
  ),
  message: text(limits.MAX_TEXT_LENGTH).optional(),
});

const breakGlass = mapping({
  who: listOf(name, 'group names', 50, 1),
  max: duration('1s', '7d'),
  notify: groupNames().default([]),
  review_within: duration('1m', '30d').default(86_400),
});

/** What a role says, or `defaults` for all roles. */
const roleTerms = {
  duration: mapping({ default: duration('1s', '30d'), max: duration('1s', '30d') }).optional(),
  reason: mapping({ min_length: integer(0, 1_000) }).optional(),
  ticket: mapping({
    required: part.flag.optional(),
    pattern: text(500, 'a pattern in RE2 syntax').optional(),
    example: text(60, 'a ticket as people write it, such as INC-42').optional(),
  }).optional(),
  subject: part.condition.optional(),
  end_sessions: part.flag.optional(),
  unused_after: duration('1m', '30d').optional(),
  start_within: duration('1m', '7d').optional(),
  extensions: mapping({ max: integer(0, 20) }).optional(),
  reminders: mapping({ max: integer(0, 20) }).optional(),
  request_ttl: duration('1m', '30d').optional(),
  provisioning_window: duration('10s', '1d').optional(),
  channel: part.channel.optional(),
  fallback: people.optional(),
};

export const roleSchema = mapping({
  title: text(limits.MAX_NAME_LENGTH).optional(),
  description: text(limits.MAX_TEXT_LENGTH).optional(),
  labels: part.labels.optional(),
  entitlement: z.unknown(),
  risk: oneOf(RISKS).default('medium'),
  instructions: text(limits.MAX_TEXT_LENGTH).optional(),
  owners: groupNames().optional(),
  audit_channel: part.channel.optional(),
  narrower: listOf(part.roleKeyText, 'roles', 50).optional(),
  rules: listOf(ruleSchema, 'rules', limits.MAX_RULES_PER_ROLE).default([]),
  break_glass: breakGlass.optional(),
  ...roleTerms,
});

export const resourceSchema = mapping({
  title: text(limits.MAX_NAME_LENGTH).optional(),
  connector: name,
  environment: name,
  owners: groupNames().default([]),
  channel: part.channel.optional(),
  audit_channel: part.channel.optional(),
  labels: part.labels.default({}),
});

/** The connection's other keys are the connector's own. */
export const connectorSchema = z.looseObject(
  { type: name },
  { error: 'a mapping with type and what the connector needs' },
);

const delegate = part.flag.default(false);
const handle = 'the handle or id of a Slack user group';
export const groupSchema = z.union(
  [
    mapping({ slack_usergroup: z.string({ error: handle }).regex(/^@?[\w.-]{1,80}$/, { error: handle }), delegate }),
    mapping({ members: listOf(part.email, 'email addresses', 5_000), delegate }),
    mapping({ on_call: mapping({ provider: name, schedule: text(limits.MAX_NAME_LENGTH) }), delegate }),
  ],
  { error: 'a mapping with one of slack_usergroup, members or on_call' },
);

const headers = recordOf(text(1_000), 'texts').default({});
export const onCallProviderSchema = mapping({
  type: oneOf(['pagerduty', 'http']),
  url: part.url.optional(),
  headers,
  timeout: duration('1s', '30s').default(3),
  cache: duration('0s', '1h').default(30),
});

export const factProviderSchema = mapping({
  url: part.url,
  headers,
  timeout: duration('1s', '30s').default(2),
  cache: duration('0s', '1h').default(0),
  max_bytes: integer(1, 1_000_000).default(65_536),
  facts: recordOf(oneOf(PROVIDED_FACT_TYPES), 'types'),
});

const roleKeys = listOf(part.roleKeyText, 'roles', 200, 2);
export const dutySetSchema = z.union(
  [
    roleKeys,
    mapping({
      name: text(limits.MAX_NAME_LENGTH).optional(),
      roles: roleKeys,
      message: text(limits.MAX_TEXT_LENGTH).optional(),
    }),
  ],
  { error: 'a list of at least two roles, or a mapping with name, roles and message' },
);

const templateValue = z.union([z.string(), z.number(), z.boolean()], { error: 'a text' }).transform(String);
export const templateSchema = mapping({
  name: text(limits.MAX_NAME_LENGTH, 'a name'),
  each: z.union(
    [
      listOf(recordOf(templateValue, 'texts'), 'mappings', limits.MAX_ROLES, 1),
      recordOf(listOf(templateValue, 'texts', limits.MAX_ROLES, 1), 'lists of texts'),
    ],
    { error: 'a list of mappings, or a mapping from names to lists of texts' },
  ),
  resources: recordOf(z.unknown(), 'resources').default({}),
  roles: recordOf(z.unknown(), 'roles'),
});

const managers = z.union(
  [mapping({ slack_profile_field: text(40) }), mapping({ map: recordOf(part.email, 'email addresses') })],
  { error: 'a mapping with slack_profile_field or map' },
);

const alerts = mapping({
  repeat: duration('1m', '1d').optional(),
  escalate: listOf(
    mapping({ after: duration('1m', '30d'), to: listOf(name, 'group names', 20, 1) }),
    'steps with after and to',
    limits.MAX_STAGES,
    1,
  ).optional(),
});

export const defaultsSchema = mapping(roleTerms);

/** Keys that exist once in the whole policy, whichever file has them. */
const single = {
  timezone: part.timezone.optional(),
  business_hours: part.businessHours.optional(),
  defaults: defaultsSchema.optional(),
  admins: groupNames().optional(),
  channels: mapping({
    security: part.channel.optional(),
    audit: part.channel.optional(),
    audit_by_environment: recordOf(part.channel, 'channels').optional(),
  }).optional(),
  alerts: alerts.optional(),
  managers: managers.optional(),
};

/** Named things, of which every file may bring its own; each is checked on its own, so that one mistake hides no other. */
export const NAMED_SECTIONS = [
  'groups',
  'on_call_providers',
  'fact_providers',
  'connectors',
  'resources',
  'roles',
] as const;
export type NamedSection = (typeof NAMED_SECTIONS)[number];

/** Lists, of which every file may bring a part; they follow each other in the order of the files' paths. */
export const LISTED_SECTIONS = ['guardrails', 'separation_of_duties', 'role_templates'] as const;
export type ListedSection = (typeof LISTED_SECTIONS)[number];

const apiVersion = z.literal('elevate/v1', { error: 'elevate/v1' });
const things = (what: string) => recordOf(z.unknown(), what).optional();
const items = (what: string, max: number) => listOf(z.unknown(), what, max).optional();

/** The outline of one file: everything that stands once, and the sections unopened. */
export const outlineSchema = mapping({
  apiVersion,
  ...single,
  groups: things('groups'),
  on_call_providers: things('providers'),
  fact_providers: things('providers'),
  connectors: things('connectors'),
  resources: things('resources'),
  roles: things('roles'),
  guardrails: items('guardrails', limits.MAX_GUARDRAILS),
  separation_of_duties: items('sets of roles', limits.MAX_DUTY_SETS),
  role_templates: items('templates', 1_000),
} satisfies z.ZodRawShape & Record<NamedSection | ListedSection, unknown>);
export type Outline = z.output<typeof outlineSchema>;
export type SingleKey = keyof typeof single;
export const SINGLE_KEYS: readonly SingleKey[] = [
  'timezone',
  'business_hours',
  'defaults',
  'admins',
  'channels',
  'alerts',
  'managers',
];

/** One whole file, for editors and for the reference. */
export const policyFileSchema = mapping({
  apiVersion,
  ...single,
  groups: recordOf(groupSchema, 'groups').optional(),
  on_call_providers: recordOf(onCallProviderSchema, 'providers').optional(),
  fact_providers: recordOf(factProviderSchema, 'providers').optional(),
  connectors: recordOf(connectorSchema, 'connectors').optional(),
  resources: recordOf(resourceSchema, 'resources').optional(),
  roles: recordOf(roleSchema, 'roles').optional(),
  guardrails: listOf(guardrailSchema, 'guardrails', limits.MAX_GUARDRAILS).optional(),
  separation_of_duties: listOf(dutySetSchema, 'sets of roles', limits.MAX_DUTY_SETS).optional(),
  role_templates: listOf(templateSchema, 'templates', 1_000).optional(),
});
