import type { NewAuditEvent } from '../domain/audit.ts';
import type { GrantId, RequestId, SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { bySystem } from '../domain/person.ts';
import type { Policy } from '../domain/policy/types.ts';
import { lookUpGroups } from './electorate.ts';
import type { Ports } from './ports.ts';
import type { AlertView, HowEnded, Posting } from './watch-ports.ts';

/** How what an alarm shows begins once it is over, and ends where trying again does not help. */
export const OVER = 'over';
export const PERMANENT = 'permanent';
/** Before anybody was told. */
export const NEVER = new Date(0);

/** A step of the policy's escalation, at its time. */
export interface Step {
  readonly at: Date;
  readonly groups: readonly string[];
}

export const escalationOf = (policy: Policy, since: Date): readonly Step[] =>
  policy.alerts.escalate.map(({ afterSeconds, to }) => ({
    at: new Date(since.getTime() + afterSeconds * 1000),
    groups: to,
  }));

/** Whom the step that came since the last message tells now; none: there was no such step. */
export const toldNow = (steps: readonly Step[], since: Date, now: Date): readonly string[] => [
  ...new Set(steps.filter((step) => step.at > since && step.at <= now).flatMap((step) => step.groups)),
];

/** The people who can do something about it, as far as they can be looked up now. */
export async function alertOf(
  ports: Pick<Ports, 'directory' | 'policies'>,
  workspace: WorkspaceId,
  about: {
    /** Groups that own what fails. */
    readonly owners: readonly string[];
    readonly now: Date;
    readonly repeat: number;
    readonly steps: readonly Step[];
    /** The holder, who is not in charge of their own access. */
    readonly except?: SlackUserId;
    readonly ended?: HowEnded | null;
  },
): Promise<AlertView> {
  const { now, steps, repeat, except, ended = null } = about;
  const policy = ports.policies.current();
  const owners = [...new Set([...about.owners, ...policy.admins])];
  const escalated = [...new Set(steps.filter((step) => step.at <= now).flatMap((step) => step.groups))];
  const groups = await lookUpGroups(ports, workspace, policy, [...owners, ...escalated]);
  const people = new Set<SlackUserId>();
  for (const group of groups.values()) if ('members' in group) for (const user of group.members) people.add(user);
  if (except !== undefined) people.delete(except);
  return { repeat, owners, people: [...people], escalated, next: steps.find((step) => step.at > now) ?? null, ended };
}

/** How long until an alarm is told again: at its turn, or when somebody else is to be told. */
export function nextTurnMs(policy: Policy, postedAt: Date, steps: readonly Step[], now: Date): number {
  const next = steps.find((step) => step.at > now)?.at.getTime() ?? Number.POSITIVE_INFINITY;
  const againAt = Math.min(postedAt.getTime() + policy.alerts.repeatSeconds * 1000, next);
  return Math.max(0, againAt - now.getTime());
}

/** That more people are told now; null: nobody else is. */
export const escalated = (
  to: readonly string[],
  about: {
    readonly connector: string;
    readonly grants: number;
    readonly at: Date;
    readonly requestId: RequestId | null;
    readonly grantId: GrantId | null;
  },
): NewAuditEvent | null => {
  const { connector, grants, ...rest } = about;
  const data = { to: [...to], connector, grants };
  return to.length === 0 ? null : { kind: 'alarm.escalated', data, actor: bySystem('schedule'), ...rest };
};

/** Notes what an alarm shows now, together with whom else it told. */
export async function savePosting(
  ports: Pick<Ports, 'store'>,
  posting: Posting,
  event: NewAuditEvent | null = null,
): Promise<Posting> {
  await ports.store.transaction(posting.workspaceId, async (tx) => {
    await tx.savePosting(posting);
    if (event) await tx.save({ events: [event] });
  });
  return posting;
}
