import { z } from 'zod';
import { FIELDS } from './fields.ts';
import { policyFileSchema } from './schema.ts';
import { testFileSchema } from './test-file.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const DIALECT = 'http://json-schema.org/draft-07/schema#';

/** What each key is, for hovers in editors. By key: the language gives a key one meaning wherever it stands. */
const ABOUT: Readonly<Record<string, string>> = {
  apiVersion: 'Always elevate/v1, in every file.',
  timezone: 'IANA zone in which `time` is read; UTC unless set.',
  business_hours: 'When time.business_hours is true; Monday to Friday, 09:00 to 17:00 unless set.',
  defaults: 'Terms of all roles that do not say otherwise.',
  admins: 'Groups whose members may revoke, see and pause everything.',
  channels: 'Where failed revocations, break-glass and the audit are told.',
  audit: 'The channel where the timelines of requests stand; under their cards unless set.',
  audit_by_environment: 'The same for the resources of an environment, by its name.',
  audit_channel: 'Where the timelines of its requests stand.',
  alerts: 'How often a revocation that fails is told again, and who else is told when.',
  managers: "Where a person's manager is read.",
  groups: 'Names for people, resolved whenever they are needed.',
  slack_usergroup: 'The handle of a Slack user group, or its id.',
  members: 'People by their email address.',
  on_call: 'Whoever is on call in a schedule now.',
  on_call_providers: 'Who answers who is on call.',
  fact_providers: 'HTTP endpoints that tell facts, read in conditions as facts.NAME.',
  connectors: 'Target systems. Secrets stand in the environment and are only referred to.',
  resources: 'What roles belong to.',
  roles: 'What may be asked for, as resource/role.',
  role_templates: 'A pattern with values, which makes many roles.',
  guardrails: 'Evaluated for every role, before its rules.',
  separation_of_duties: 'Sets of roles of which one person holds at most one.',
  rules: 'Read from the top; the first that holds decides.',
  when: 'A condition in CEL. It may read: requester, request, role, resource, time, history, facts.',
  subject: 'Who the requester is on the target, in CEL; requester.email unless set.',
  entitlement: 'What the connector gives.',
  risk: 'low, medium (unless set) or high.',
  duration: 'How long access lasts: default and max.',
  ticket: 'Whether a ticket is needed, and its pattern in RE2 syntax.',
  unused_after: 'Ends access that nobody uses for so long.',
  extensions: 'How often one grant may be extended.',
  break_glass: 'Access at once without approval, with a review behind it.',
  owners: 'Groups that may deny and revoke.',
  cap: 'The longest access while this guardrail holds.',
  require: 'Stages, asked one after the other.',
  approvals: 'How many distinct people; 1 unless set.',
  from: 'Groups, manager (the requester’s) or owners.',
  self: 'Whether requesters may approve their own request here.',
  within: 'How long this stage may wait; the request is over then. Unless set, until request_ttl is over.',
  remind_after: 'When its approvers are reminded, in the thread; halfway to what comes next unless set.',
  escalate_after: 'When those of escalate_to are asked too; halfway to the end unless set.',
  escalate_to: 'Groups, manager or owners who are told and may decide as well, when nobody did in time.',
  fallback:
    'Groups, manager or owners who are asked as well where nobody of from could decide when the request is made.',
  reminders: 'How often people are told that one request waits, all together; 3 unless set.',
  instructions: 'Shown to the requester when access is live.',
};

/** The JSON Schema (draft 07, which editors know best) of a policy file. */
export const policyJsonSchema = (): JsonSchema => ({
  ...schemaOf(policyFileSchema),
  title: 'Elevate policy',
  description: `Facts in conditions: ${Object.entries(FIELDS)
    .flatMap(([root, fields]) => Object.keys(fields).map((name) => `${root}.${name}`))
    .join(', ')}.`,
});

/** The same of a file of tests. */
export const testJsonSchema = (): JsonSchema => ({ ...schemaOf(testFileSchema), title: 'Elevate policy tests' });

function schemaOf(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'inline', unrepresentable: 'any' });
  const described = describe(JSON.parse(JSON.stringify(made)));
  return { $schema: DIALECT, ...(isRecord(described) ? described : {}) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function describe(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(describe);
  if (!isRecord(node)) return node;
  const described = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, describe(value)]));
  if (!isRecord(described.properties)) return described;
  const properties = Object.entries(described.properties).map(([key, value]) => {
    const about = Object.hasOwn(ABOUT, key) ? ABOUT[key] : undefined;
    return [key, isRecord(value) && about !== undefined ? { description: about, ...value } : value];
  });
  return { ...described, properties: Object.fromEntries(properties) };
}
