import type { Json } from '../json.ts';
import type { ConditionContext } from './context.ts';
import { type Facts, type HistoryFacts, isUnavailable, type Known } from './facts.ts';
import * as limits from './limits.ts';

export type FieldType =
  | 'string'
  | 'int'
  | 'double'
  | 'bool'
  | 'duration'
  | 'groups'
  | 'list<string>'
  | 'map<string, string>';

/** One fact that a condition may read, such as `request.duration`. */
export interface Field {
  readonly type: FieldType;
  /** Characters, elements or entries at most; 1 where it has no size. */
  readonly maxSize: number;
  /** The requester can set it, so it may be used against them but never for them. */
  readonly writtenByRequester: boolean;
  /** For the reference and for editors: what it is, in its unit. */
  readonly about: string;
  /** Plain data (a duration in seconds), or why it is not known. */
  readonly read: (context: ConditionContext) => Known<Json>;
}

/** What `history.minutes_since_last` says of somebody who never held anything: a thousand years. */
export const NEVER_MINUTES = 525_600_000;

const field = (
  type: FieldType,
  maxSize: number,
  about: string,
  read: Field['read'],
  writtenByRequester = false,
): Field => ({ type, maxSize, about, read, writtenByRequester });

const ofHistory =
  (read: (history: HistoryFacts) => Json) =>
  ({ facts }: ConditionContext): Known<Json> =>
    isUnavailable(facts.history) ? facts.history : read(facts.history);

const NAME = limits.MAX_NAME_LENGTH;

/** Every fact of the language but those that a policy's fact providers declare: `FIELDS.request.duration`. */
export const FIELDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  requester: {
    id: field('string', NAME, 'The Slack user id.', ({ facts }) => facts.requester.id),
    email: field(
      'string',
      limits.MAX_EMAIL_LENGTH,
      'The email address of the Slack profile.',
      ({ facts }) => facts.requester.email,
    ),
    name: field(
      'string',
      limits.MAX_TEXT_LENGTH,
      'The name in the Slack profile, which people set themselves.',
      ({ facts }) => facts.requester.name,
      true,
    ),
    groups: field(
      'groups',
      1,
      'The groups of the policy that the requester is in; ask with "name" in requester.groups.',
      readGroups,
    ),
    manager: field(
      'string',
      limits.MAX_EMAIL_LENGTH,
      "The manager's email address; empty when there is none.",
      ({ facts }) => facts.requester.manager ?? '',
    ),
    timezone: field(
      'string',
      NAME,
      'The time zone of the Slack profile, which people set themselves.',
      ({ facts }) => facts.requester.timezone,
      true,
    ),
  },
  request: {
    duration: field(
      'duration',
      1,
      'How long the access is asked for; compare with duration("1h").',
      ({ facts }) => facts.request.durationSeconds,
    ),
    ticket: field(
      'string',
      limits.MAX_TICKET_LENGTH,
      'The ticket; empty when there is none.',
      ({ facts }) => facts.request.ticket ?? '',
      true,
    ),
    reason: field(
      'string',
      limits.MAX_REASON_LENGTH,
      'The reason; only rules that deny may read it.',
      ({ facts }) => facts.request.reason,
      true,
    ),
    extension: field(
      'bool',
      1,
      'Whether it asks for more time on a live grant.',
      ({ facts }) => facts.request.extension,
    ),
    break_glass: field('bool', 1, 'Whether it is a break-glass request.', ({ facts }) => facts.request.breakGlass),
    channel: field(
      'string',
      NAME,
      'The id of the Slack channel it was asked in; empty when none.',
      ({ facts }) => facts.request.channel ?? '',
    ),
  },
  role: {
    key: field('string', 2 * NAME + 1, 'The whole name, such as orders-db/admin.', ({ role }) => role.key),
    name: field('string', NAME, 'The part behind the slash.', ({ role }) => role.name),
    risk: field('string', 6, 'low, medium or high.', ({ role }) => role.risk),
    labels: field('map<string, string>', limits.MAX_LABELS, 'The labels of the role.', ({ role }) => role.labels),
  },
  resource: {
    name: field('string', NAME, 'The name of the resource.', ({ role }) => role.resource.name),
    environment: field(
      'string',
      NAME,
      'The environment of the resource, such as production.',
      ({ role }) => role.resource.environment,
    ),
    labels: field(
      'map<string, string>',
      limits.MAX_LABELS,
      'The labels of the resource.',
      ({ role }) => role.resource.labels,
    ),
  },
  time: {
    hour: field('int', 1, "The hour in the policy's timezone, 0 to 23.", ({ facts }) => facts.time.hour),
    minute: field('int', 1, 'The minute, 0 to 59.', ({ facts }) => facts.time.minute),
    weekday: field('string', 9, 'monday to sunday.', ({ facts }) => facts.time.weekday),
    date: field('string', 10, 'The date as YYYY-MM-DD.', ({ facts }) => facts.time.date),
    business_hours: field(
      'bool',
      1,
      "Whether it is within the policy's business_hours.",
      ({ facts }) => facts.time.businessHours,
    ),
  },
  history: {
    active_grants: field(
      'int',
      1,
      'Grants of the requester that have not ended.',
      ofHistory((history) => history.activeGrants),
    ),
    active_roles: field(
      'list<string>',
      limits.MAX_ACTIVE_ROLES,
      'Their roles, such as orders-db/admin.',
      ofHistory((history) => history.activeRoles.slice(0, limits.MAX_ACTIVE_ROLES)),
    ),
    grants_today: field(
      'int',
      1,
      "Grants made since midnight in the policy's timezone.",
      ofHistory((history) => history.grantsToday),
    ),
    minutes_since_last: field(
      'int',
      1,
      'Minutes since the latest grant ended; very large when there was none.',
      ofHistory((history) => history.minutesSinceLast ?? NEVER_MINUTES),
    ),
  },
};

/** The root under which the facts of the policy's own providers are read. */
export const PROVIDED_ROOT = 'facts';

export const providedMaxSize = (type: FieldType): number => (type === 'string' ? limits.MAX_PROVIDED_LENGTH : 1);

/** The names of the groups that hold the requester; those that could not be looked up are listed with why. */
function readGroups({ facts }: ConditionContext): Json {
  return Object.entries(facts.requester.groups).flatMap(([group, member]): Json[] =>
    isUnavailable(member) ? [{ group, ...member }] : member ? [group] : [],
  );
}

/** Whether the requester is in the group, or why nobody can say. */
export function readMembership(facts: Facts, group: string): Known<boolean> {
  const known = Object.hasOwn(facts.requester.groups, group) ? facts.requester.groups[group] : undefined;
  return known ?? { unavailable: 'its members were not looked up' };
}

/** A fact of a provider, held to its declared type. */
export function readProvided({ facts, factTypes }: ConditionContext, name: string): Known<boolean | number | string> {
  const value = Object.hasOwn(facts.provided, name) ? facts.provided[name] : undefined;
  if (value === undefined) return { unavailable: 'it was not gathered' };
  if (isUnavailable(value)) return value;
  const type = factTypes.get(name);
  const fits =
    type === 'bool'
      ? typeof value === 'boolean'
      : type === 'string'
        ? typeof value === 'string' && value.length <= limits.MAX_PROVIDED_LENGTH
        : typeof value === 'number' && (type === 'double' ? Number.isFinite(value) : Number.isSafeInteger(value));
  return fits ? value : { unavailable: `the provider's answer is not of type ${type ?? 'any that is declared'}` };
}
