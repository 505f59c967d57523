import { feasibleStages } from '../feasible.ts';
import { type Finding, finding } from '../finding.ts';
import type { Policy, Role, Rule, StageRule } from '../types.ts';
import { at } from './at.ts';
import { formulaOf } from './formula.ts';
import { limitsOf } from './role-limits.ts';
import { satisfiable } from './solve.ts';

/** Somebody who is in no group that the policy lists by address. */
const OUTSIDER = '(anybody else)';
/** People of a group that only Slack or a rota knows: enough for every stage. */
const UNKNOWN_PEOPLE = 60;
const MAX_PEOPLE = 60;

/**
 * Stages that cannot be filled by distinct people other than the requester, as far as the policy itself says who is in a group:
 * for everybody whom the rule can ask, or for some of them.
 */
export function checkStages(policy: Policy, role: Role): Finding[] {
  const asking = role.rules.filter((rule) => rule.then.kind === 'require');
  if (asking.length === 0) return [];
  const people = listedPeople(policy);
  if (people.length > MAX_PEOPLE) return [];
  return asking.flatMap((rule) => {
    const stages = rule.then.kind === 'require' ? rule.then.stages : [];
    const voters = stages.map((stage) => votersOf(policy, role, stage));
    const asked = [OUTSIDER, ...people].filter((person) => canAsk(policy, role, rule, person));
    const stuck = asked.filter((person) => !feasibleStages(stages, voters, person).ok);
    if (stuck.length === 0) return [];
    const everybody = stuck.length === asked.length;
    const whom = stuck
      .filter((person) => person !== OUTSIDER)
      .slice(0, 3)
      .join(', ');
    const message = everybody
      ? `In role ${role.key}, the stages of '${rule.name}' cannot be filled by distinct people.`
      : `In role ${role.key}, the stages of '${rule.name}' cannot be filled when ${whom} asks: nobody approves their own request.`;
    const fix = 'Ask for fewer approvals, or name a group with more people.';
    return [finding(everybody ? 'error' : 'note', 'stage_cannot_be_filled', at(rule.location), message, fix)];
  });
}

function listedPeople(policy: Policy): string[] {
  const all = [...policy.groups.values()].flatMap((group) => (group.kind === 'members' ? group.emails : []));
  return [...new Set(all)];
}

function votersOf(policy: Policy, role: Role, stage: StageRule): ReadonlySet<string> {
  const names = [...stage.from, ...stage.fallback].flatMap((from) => (from === 'owners' ? role.owners : [from]));
  return new Set(names.flatMap((name) => peopleOf(policy, name)));
}

function peopleOf(policy: Policy, name: string): readonly string[] {
  if (name === 'manager') return ['(the manager)'];
  const group = policy.groups.get(name);
  if (group?.kind === 'members') return group.emails;
  return Array.from({ length: UNKNOWN_PEOPLE }, (_, index) => `(${name} ${index})`);
}

/** Whether the rule can hold for this person: of the groups that the policy lists, it is known who is in them. */
function canAsk(policy: Policy, role: Role, rule: Rule, person: string): boolean {
  const fixed = new Map<string, boolean>();
  for (const [name, group] of policy.groups) {
    if (group.kind === 'members') fixed.set(`requester.groups["${name}"]`, group.emails.includes(person));
  }
  const answer = satisfiable([formulaOf(rule.when?.ast ?? null)], limitsOf(role), fixed);
  return !answer.known || answer.possible;
}
