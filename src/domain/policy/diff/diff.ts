import type { RoleKey } from '../../ids.ts';
import { canonicalJson } from '../../json.ts';
import { formatDuration } from '../duration.ts';
import type { Group, Policy, Role } from '../types.ts';
import { type Change, type Direction, together } from './change.ts';
import { compareRole } from './rulings.ts';

/** What two policies mean differently, role by role; differences in text, order and comments are none. */
export function diffPolicies(old: Policy, next: Policy): Change[] {
  const changes: Change[] = [];
  for (const key of [...new Set([...old.roles.keys(), ...next.roles.keys()])].sort()) {
    changes.push(...diffRoles(old, next, key));
  }
  changes.push(
    ...diffGuardrails(old, next),
    ...diffDuties(old, next),
    ...diffNamed('group', old.groups, next.groups, groupChange),
    ...diffNamed('connector', old.connectors, next.connectors, () => ({
      direction: 'changes',
      what: 'its connection is another',
    })),
    ...diffNamed('fact provider', plain(old.factProviders), plain(next.factProviders), () => ({
      direction: 'changes',
      what: 'its declaration is another',
    })),
    ...diffNamed('on-call provider', plain(old.onCallProviders), plain(next.onCallProviders), () => ({
      direction: 'changes',
      what: 'its declaration is another',
    })),
    ...diffList('admins', old.admins, next.admins),
  );
  const whole = (what: string, a: unknown, b: unknown): void => {
    if (canonicalJson(a) !== canonicalJson(b)) changes.push({ direction: 'changes', subject: 'the policy', what });
  };
  whole(`the timezone is ${next.timezone}, was ${old.timezone}`, old.timezone, next.timezone);
  whole('business_hours are others', old.businessHours, next.businessHours);
  whole('the security channel is another', old.channels.security, next.channels.security);
  changes.push(...diffAlerts(old, next));
  whole('managers are read from elsewhere', managersOf(old), managersOf(next));
  return changes;
}

/** Who is told later, or no longer, of access that does not go away is a looser watch. */
function diffAlerts(old: Policy, next: Policy): Change[] {
  const subject = 'alerts';
  const changes: Change[] = [];
  const [was, is] = [old.alerts, next.alerts];
  if (was.repeatSeconds !== is.repeatSeconds) {
    const direction = is.repeatSeconds > was.repeatSeconds ? 'loosens' : 'tightens';
    const what = `repeated every ${formatDuration(was.repeatSeconds)} → ${formatDuration(is.repeatSeconds)}`;
    changes.push({ direction, subject, what });
  }
  const soonest = ({ escalate }: Policy['alerts']): Map<string, number> =>
    new Map(escalate.toReversed().flatMap(({ to, afterSeconds }) => to.map((group) => [group, afterSeconds] as const)));
  const [before, after] = [soonest(was), soonest(is)];
  for (const group of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [before.get(group), after.get(group)];
    if (a === b) continue;
    const text = (seconds: number | undefined): string => (seconds === undefined ? 'never' : formatDuration(seconds));
    const direction = (b ?? Number.POSITIVE_INFINITY) > (a ?? Number.POSITIVE_INFINITY) ? 'loosens' : 'tightens';
    changes.push({ direction, subject, what: `escalated to ${group} after ${text(a)} → ${text(b)}` });
  }
  return changes;
}

const managersOf = ({ managers }: Policy): unknown =>
  managers?.kind === 'map' ? [...managers.managers].sort() : managers;

const plain = <T extends { headers: ReadonlyMap<string, string> }>(all: ReadonlyMap<string, T>): Map<string, unknown> =>
  new Map([...all].map(([name, each]) => [name, { ...each, headers: [...each.headers], facts: factsOf(each) }]));
const factsOf = (each: object): unknown => ('facts' in each && each.facts instanceof Map ? [...each.facts] : null);

function diffRoles(old: Policy, next: Policy, key: RoleKey): Change[] {
  const [was, is] = [old.roles.get(key), next.roles.get(key)];
  const subject = `role ${key}`;
  if (!was || !is) {
    return is
      ? [{ direction: 'loosens', subject, what: 'is new' }]
      : [{ direction: 'tightens', subject, what: 'is gone: nobody can ask for it any more' }];
  }
  return [...rulingChanges(old, was, next, is), ...termChanges(was, is)].map((change) => ({ ...change, subject }));
}

type Part = Omit<Change, 'subject'>;

function rulingChanges(old: Policy, was: Role, next: Policy, is: Role): Part[] {
  const differ = compareRole(old, was, next, is);
  const direction = together(differ.loosens, differ.tightens);
  if (direction === null) return [];
  const cases = [differ.looser && `looser for ${differ.looser}`, differ.tighter && `tighter for ${differ.tighter}`];
  return [{ direction, what: `decides otherwise: ${cases.filter((each) => each !== null).join('; ')}` }];
}

function termChanges(was: Role, is: Role): Part[] {
  const changes: Part[] = [];
  const say = (direction: Direction | null, what: string): void => {
    if (direction) changes.push({ direction, what });
  };
  const more = (a: number, b: number): Direction | null => together(b > a, b < a);
  const other = (a: unknown, b: unknown): Direction | null =>
    canonicalJson(a) === canonicalJson(b) ? null : 'changes';
  const time = (seconds: number | null): string => (seconds === null ? 'never' : formatDuration(seconds));
  say(
    more(was.duration.maxSeconds, is.duration.maxSeconds),
    `longest duration ${time(was.duration.maxSeconds)} → ${time(is.duration.maxSeconds)}`,
  );
  say(
    other(was.duration.defaultSeconds, is.duration.defaultSeconds),
    `usual duration ${time(was.duration.defaultSeconds)} → ${time(is.duration.defaultSeconds)}`,
  );
  say(
    more(is.reason.minLength, was.reason.minLength),
    `shortest reason ${was.reason.minLength} → ${is.reason.minLength} characters`,
  );
  say(
    together(was.ticket.required && !is.ticket.required, !was.ticket.required && is.ticket.required),
    is.ticket.required ? 'needs a ticket' : 'needs no ticket any more',
  );
  say(other(was.ticket.pattern, is.ticket.pattern), `ticket pattern ${was.ticket.pattern} → ${is.ticket.pattern}`);
  say(other(was.ticket.example, is.ticket.example), `ticket example ${was.ticket.example} → ${is.ticket.example}`);
  say(
    more(was.reminders.max, is.reminders.max) && 'changes',
    `reminders of one request ${was.reminders.max} → ${is.reminders.max}`,
  );
  say(other(timesOf(was), timesOf(is)), 'its stages wait, remind or ask others after other times');
  say(more(was.extensions.max, is.extensions.max), `extensions ${was.extensions.max} → ${is.extensions.max}`);
  say(
    more(was.unusedAfterSeconds ?? Number.MAX_VALUE, is.unusedAfterSeconds ?? Number.MAX_VALUE),
    `unused access ends after ${time(was.unusedAfterSeconds)} → ${time(is.unusedAfterSeconds)}`,
  );
  say(
    // Who starts it later has it later, and whoever approved it may have thought of now.
    more(was.startWithinSeconds ?? 0, is.startWithinSeconds ?? 0),
    `the requester starts it within ${startWithin(was)} → ${startWithin(is)}`,
  );
  say(
    together(was.endSessions && !is.endSessions, !was.endSessions && is.endSessions),
    is.endSessions ? 'open sessions end with the access' : 'open sessions no longer end with the access',
  );
  say(
    other(was.narrower, is.narrower),
    `approvers may give ${is.narrower?.join(', ') ?? 'any lower risk of the resource'} instead`,
  );
  say(breakGlassDirection(was, is), breakGlassText(was, is));
  say(
    other(was.entitlement, is.entitlement),
    `gives ${canonicalJson(is.entitlement)}, was ${canonicalJson(was.entitlement)}`,
  );
  say(other(was.connector.name, is.connector.name), `is given by ${is.connector.name}, was ${was.connector.name}`);
  say(other(was.subject.text, is.subject.text), `subject is ${is.subject.text}, was ${was.subject.text}`);
  say(other(was.risk, is.risk), `risk ${was.risk} → ${is.risk}`);
  say(
    other(was.resource.environment, is.resource.environment),
    `environment ${was.resource.environment} → ${is.resource.environment}`,
  );
  say(other([was.labels, was.resource.labels], [is.labels, is.resource.labels]), 'its labels are others');
  say(other(was.channel, is.channel), `its cards go to ${is.channel}, were in ${was.channel}`);
  say(
    auditDirection(was.auditChannel, is.auditChannel),
    `its timelines stand in ${is.auditChannel ?? 'the threads of its cards'}, stood in ${was.auditChannel ?? 'the threads of its cards'}`,
  );
  say(
    other([...was.owners].sort(), [...is.owners].sort()),
    `owners ${was.owners.join(', ')} → ${is.owners.join(', ')}`,
  );
  say(
    other(was.requestTtlSeconds, is.requestTtlSeconds),
    `requests wait ${time(was.requestTtlSeconds)} → ${time(is.requestTtlSeconds)}`,
  );
  return changes;
}

/** Whoever reads along in an audit channel no longer sees what stands nowhere but under the cards. */
function auditDirection(was: string | null, is: string | null): Direction | null {
  if (was === is) return null;
  return is === null ? 'loosens' : was === null ? 'tightens' : 'changes';
}

const startWithin = ({ startWithinSeconds }: Role): string =>
  startWithinSeconds === null ? 'no window, it starts at once' : formatDuration(startWithinSeconds);

/** When what happens while nobody decides; who is asked then is told with the decision. */
const timesOf = ({ rules }: Role): unknown =>
  rules.map(({ then: effect }) =>
    effect.kind === 'require' ? effect.stages.map(({ wait }) => wait && { ...wait, escalateTo: null }) : null,
  );

function breakGlassDirection({ breakGlass: was }: Role, { breakGlass: is }: Role): Direction | null {
  if (!was || !is) return together(!was && is !== null, was !== null && !is);
  const who = {
    more: is.who.some((each) => !was.who.includes(each)),
    less: was.who.some((each) => !is.who.includes(each)),
  };
  const found = together(
    who.more || is.maxSeconds > was.maxSeconds || is.reviewWithinSeconds > was.reviewWithinSeconds,
    who.less || is.maxSeconds < was.maxSeconds || is.reviewWithinSeconds < was.reviewWithinSeconds,
  );
  return found ?? (canonicalJson(was.notify) === canonicalJson(is.notify) ? null : 'changes');
}

function breakGlassText({ breakGlass: was }: Role, { breakGlass: is }: Role): string {
  const said = (terms: Role['breakGlass']): string =>
    terms ? `${terms.who.join(', ')} for ${formatDuration(terms.maxSeconds)}` : 'nobody';
  return `break-glass: ${said(was)} → ${said(is)}`;
}

/** What guardrails do to roles is told with the roles; here, that they came, went or are others. */
function diffGuardrails(old: Policy, next: Policy): Change[] {
  const of = (policy: Policy): Map<string, unknown> =>
    new Map(policy.guardrails.map(({ name, when, then: effect }) => [name, { when: when?.text ?? null, effect }]));
  return diffNamed('guardrail', of(old), of(next), () => ({ direction: 'changes', what: 'is another' }), {
    added: 'tightens',
    removed: 'loosens',
  });
}

function diffDuties(old: Policy, next: Policy): Change[] {
  const of = (policy: Policy): Map<string, unknown> =>
    new Map(policy.separationOfDuties.map(({ roles }) => [[...roles].sort().join(' or '), null]));
  return diffNamed('separation of duties', of(old), of(next), () => null, { added: 'tightens', removed: 'loosens' });
}

function groupChange(was: Group, is: Group): Part | null {
  if (was.delegate !== is.delegate) {
    return is.delegate
      ? { direction: 'loosens', what: 'its members may hand their approvals to others' }
      : { direction: 'tightens', what: 'its members may no longer hand their approvals to others' };
  }
  if (was.kind !== 'members' || is.kind !== 'members')
    return { direction: 'changes', what: 'its members come from elsewhere' };
  const joined = is.emails.filter((email) => !was.emails.includes(email));
  const left = was.emails.filter((email) => !is.emails.includes(email));
  const direction = together(joined.length > 0, left.length > 0);
  if (!direction) return null;
  const said = [joined.length > 0 && `${list(joined)} joined`, left.length > 0 && `${list(left)} left`];
  return { direction, what: said.filter((each) => each !== false).join(', ') };
}

const list = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');

function diffList(subject: string, was: readonly string[], is: readonly string[]): Change[] {
  const direction = together(
    is.some((each) => !was.includes(each)),
    was.some((each) => !is.includes(each)),
  );
  return direction ? [{ direction, subject, what: `${list(was) || 'nobody'} → ${list(is) || 'nobody'}` }] : [];
}

function diffNamed<T>(
  what: string,
  was: ReadonlyMap<string, T>,
  is: ReadonlyMap<string, T>,
  change: (was: T, is: T) => Part | null,
  directions: { added: Direction; removed: Direction } = { added: 'changes', removed: 'changes' },
): Change[] {
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((name): Change[] => {
    const subject = `${what} ${name}`;
    const [before, after] = [was.get(name), is.get(name)];
    if (before === undefined) return [{ direction: directions.added, subject, what: 'is new' }];
    if (after === undefined) return [{ direction: directions.removed, subject, what: 'is gone' }];
    if (canonicalJson(before) === canonicalJson(after)) return [];
    const part = change(before, after);
    return part ? [{ ...part, subject }] : [];
  });
}
