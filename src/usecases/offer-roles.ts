import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import { evaluate } from '../domain/policy/evaluate.ts';
import type { Facts, RequestFacts } from '../domain/policy/facts.ts';
import { offered } from '../domain/policy/offer.ts';
import type { Policy, Role } from '../domain/policy/types.ts';
import { type Undecided, undecided } from '../domain/policy/undecided.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { type GroupBook, lookUpGroups, votersOf } from './electorate.ts';
import { findRole } from './find-role.ts';
import { gatherFacts } from './gather-facts.ts';
import { identify } from './identify.ts';
import { RECENTS, RECENTS_LOOKED_AT } from './limits.ts';
import { lookUpPersonalFacts } from './look-up-facts.ts';
import type { Ports } from './ports.ts';
import { seatedStages } from './seat-stages.ts';

/** A role as the form shows it. */
export interface RoleOffer {
  readonly key: string;
  readonly title: string;
  readonly resource: string;
  readonly environment: string;
  readonly risk: Role['risk'];
  readonly defaultSeconds: number;
  readonly maxSeconds: number;
  readonly reasonMinLength: number;
  readonly ticket: Omit<Role['ticket'], 'accepts'>;
  /** How many people each stage would ask for `askedSeconds`; empty: nobody. null: that depends on what is not filled in yet. */
  readonly asked: readonly number[] | null;
  readonly askedSeconds: number;
}

type Needs = Pick<Ports, 'store' | 'directory' | 'policies'>;
interface Asker {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

/**
 * The roles this person may ask for that match the words typed so far, `limit` at most; `total` counts all that match. With `recents`, the first
 * `recent` of them are those that the person asked for last.
 */
export async function offerRoles(
  ports: Needs,
  input: Asker & { readonly query: string; readonly limit: number; readonly recents?: boolean },
): Promise<
  { ok: true; offers: readonly RoleOffer[]; recent: number; total: number } | { ok: false; refusal: Refusal }
> {
  const seen = await eligible(ports, input);
  if (!seen.ok) return seen;
  // Nothing at all is told apart from nothing that could be looked up.
  const unknown = seen.roles.length > 0 ? null : firstUnknown(seen, [...seen.policy.roles.values()]);
  if (unknown !== null) return refused({ code: 'facts_unavailable', ...unknown });
  const words = input.query.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = seen.roles.filter((role) => words.every((word) => searchText(role).includes(word)));
  const latest = input.recents ? await recentKeys(ports, input) : [];
  const recent = latest.flatMap((key) => matching.find((role) => role.key === key) ?? []).slice(0, RECENTS);
  const rest = matching.filter((role) => !recent.includes(role));
  const offers = [...recent, ...rest].slice(0, input.limit).map(offerOf);
  return { ok: true, offers, recent: Math.min(recent.length, offers.length), total: matching.length };
}

/** What the person asked for last, newest first, each once. */
async function recentKeys(ports: Needs, { workspace, user }: Asker): Promise<readonly string[]> {
  const latest = await ports.store.reads(workspace).recentRequestsOf(user, RECENTS_LOOKED_AT);
  return [...new Set(latest.map(({ role }) => role.key))];
}

/**
 * One role, for the form's second step, and whom it would ask for so long (unless given, the usual time). A role that this person may not ask for is
 * refused as the policy refuses it.
 */
export async function offerRole(
  ports: Needs,
  input: Asker & { readonly role: string; readonly durationSeconds?: number | null },
): Promise<{ ok: true; offer: RoleOffer } | { ok: false; refusal: Refusal }> {
  const seen = await eligible(ports, input);
  if (!seen.ok) return seen;
  const found = findRole(seen.policy, input.role);
  if (!found.ok) return found;
  if (seen.roles.includes(found.role)) {
    const { defaultSeconds, maxSeconds } = found.role.duration;
    const askedSeconds = Math.min(input.durationSeconds ?? defaultSeconds, maxSeconds);
    const asked = askedBy(seen, found.role, askedSeconds);
    return { ok: true, offer: { ...offerOf(found.role), asked, askedSeconds } };
  }
  const unknown = firstUnknown(seen, [found.role]);
  return refused(
    unknown === null ? { code: 'role_not_offered', role: found.role.key } : { code: 'facts_unavailable', ...unknown },
  );
}

/** Why it cannot be told whether these roles are offered; null: it can be. */
function firstUnknown({ policy, facts }: Eligible, roles: readonly Role[]): Undecided | null {
  for (const role of roles) {
    const { defaultSeconds } = role.duration;
    const request = { ...facts.request, durationSeconds: defaultSeconds };
    const unknown = undecided(evaluate(policy, role.key, { ...facts, request }), defaultSeconds);
    if (unknown !== null) return unknown;
  }
  return null;
}

interface Eligible {
  readonly person: Person;
  readonly policy: Policy;
  readonly groups: GroupBook;
  readonly facts: Facts;
  readonly roles: readonly Role[];
}

/** Whom it would ask, as far as that can be told before the form is filled in. */
function askedBy(
  { person, policy, groups, facts }: Eligible,
  role: Role,
  durationSeconds: number,
): readonly number[] | null {
  const request = { ...facts.request, durationSeconds };
  const { outcome, stages: asked } = evaluate(policy, role.key, { ...facts, request });
  if (outcome === 'deny') return null;
  const stages = seatedStages(asked, { role, person, groups });
  const voters = votersOf({ stages, owners: role.owners, requester: person }, groups);
  return voters.map((stage, index) => {
    const self = stages[index]?.selfAllowed ? 0 : Number(stage.voters.has(person.slackUserId));
    return stage.voters.size - self;
  });
}

async function eligible(
  ports: Needs,
  input: Asker,
): Promise<({ ok: true } & Eligible) | { ok: false; refusal: Refusal }> {
  const who = await identify(ports, input.workspace, input.user);
  if (!who.ok) return who;
  const policy = ports.policies.current();
  const [groups, provided] = await Promise.all([
    lookUpGroups(ports, input.workspace, policy, policy.groups.keys()),
    lookUpPersonalFacts(ports, policy, who.person),
  ]);
  const facts = await factsOf(ports, policy, who.person, groups, provided);
  return {
    ok: true,
    person: who.person,
    policy,
    groups,
    facts,
    roles: [...policy.roles.values()].filter((role) => offered(policy, role, facts)),
  };
}

async function factsOf(
  ports: Needs,
  policy: Policy,
  person: Person,
  groups: GroupBook,
  provided: Facts['provided'],
): Promise<Facts> {
  const reads = ports.store.reads(person.workspaceId);
  return gatherFacts(reads, await ports.store.now(), policy, person, NOTHING_ASKED_YET, groups, provided);
}

/** The person has not filled anything in; `offered` knows that these are open. */
const NOTHING_ASKED_YET: RequestFacts = {
  durationSeconds: 0,
  ticket: null,
  reason: '',
  extension: false,
  breakGlass: false,
  channel: null,
};

const searchText = (role: Role): string =>
  [role.key, role.title, role.resource.title, role.resource.environment, role.risk].join(' ').toLowerCase();

function offerOf(role: Role): RoleOffer {
  return {
    key: role.key,
    title: role.title,
    resource: role.resource.name,
    environment: role.resource.environment,
    risk: role.risk,
    defaultSeconds: role.duration.defaultSeconds,
    maxSeconds: role.duration.maxSeconds,
    reasonMinLength: role.reason.minLength,
    ticket: role.ticket,
    asked: null,
    askedSeconds: role.duration.defaultSeconds,
  };
}
