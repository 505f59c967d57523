import { type Finding, finding, inOrder } from '../finding.ts';
import type { Location } from '../location.ts';
import type { Policy, Role, StageRule } from '../types.ts';
import { at } from './at.ts';
import { formulaOf } from './formula.ts';
import { checkReviewers } from './reviewers.ts';
import { alwaysHolds, checkGuardrail, checkRules } from './rules.ts';
import { checkStages } from './stages.ts';

/**
 * What a policy that loads still says that nobody can have meant, or should think about twice. It errs on the side of silence: each
 * finding is certain, as far as the policy alone can tell.
 */
export function checkPolicy(policy: Policy): Finding[] {
  const guardrails = policy.guardrails.flatMap((guardrail) => checkGuardrail(policy, guardrail));
  const ofRoles = [...policy.roles.values()].flatMap((role) => [
    ...checkRules(policy, role),
    ...checkStages(policy, role),
    ...checkFreedom(role),
    ...checkReviewers(policy, role),
  ]);
  return inOrder([
    ...guardrails,
    ...oncePerTemplate(policy, ofRoles),
    ...checkSecurityChannel(policy),
    ...unusedNames(policy),
  ]);
}

/**
 * A rule of a template is one rule in many roles. That it never decides is worth telling only if it is so in all of them; anything
 * else is told once.
 */
function oncePerTemplate(policy: Policy, findings: readonly Finding[]): Finding[] {
  const places = new Map<string, number>();
  for (const role of policy.roles.values()) {
    for (const { location } of role.rules) places.set(keyOf(at(location)), (places.get(keyOf(at(location))) ?? 0) + 1);
  }
  const alike = new Map<string, Finding[]>();
  for (const each of findings) {
    const key = `${each.code} ${keyOf(each)}`;
    alike.set(key, [...(alike.get(key) ?? []), each]);
  }
  return [...alike.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const everywhere = some.length >= (places.get(keyOf(first)) ?? 1);
    if (ABOUT_REACH.has(first.code) && !everywhere) return [];
    const others = some.length - 1;
    if (others === 0) return some;
    return [{ ...first, message: `${first.message} So it is in ${others} other role${others === 1 ? '' : 's'}.` }];
  });
}

const ABOUT_REACH: ReadonlySet<Finding['code']> = new Set(['never_holds', 'unreachable_rule']);
const keyOf = (place: Location): string => `${place.path}:${place.line}:${place.column}`;

/** Access that nobody looks at: without any condition on production or high risk, or decided by the requester. */
function checkFreedom(role: Role): Finding[] {
  const findings: Finding[] = [];
  const dangerous = role.risk === 'high' || /^prod/i.test(role.resource.environment);
  for (const rule of role.rules) {
    if (rule.then.kind === 'approve' && dangerous && alwaysHolds(formulaOf(rule.when?.ast ?? null), role)) {
      const what = role.risk === 'high' ? 'a high risk' : `in ${role.resource.environment}`;
      const message = `Role ${role.key} is ${what}, and '${rule.name}' gives it to everybody without asking anybody.`;
      const fix = 'Add a condition such as a group, or require an approval.';
      findings.push(finding('warning', 'approves_everybody', at(rule.location), message, fix));
    }
    const stages = rule.then.kind === 'require' ? rule.then.stages : [];
    if (stages.some((stage) => stage.selfAllowed)) {
      const message = `In role ${role.key}, '${rule.name}' lets people approve their own request.`;
      const fix = 'Remove self: allowed, unless the role is meant for people on their own.';
      findings.push(finding('warning', 'self_approval', at(rule.location), message, fix));
    }
  }
  return findings;
}

/** A use of break-glass is told in the security channel; without one, only where the cards of the role are. */
function checkSecurityChannel(policy: Policy): Finding[] {
  const role = [...policy.roles.values()].find(({ breakGlass }) => breakGlass !== null);
  if (!role || policy.channels.security !== null) return [];
  const message = `Role ${role.key} has break-glass, and there is no channels.security: its use, and a review that is overdue, are told only where the cards of the role are.`;
  return [finding('warning', 'no_security_channel', at(role.location), message, 'Set channels.security.')];
}

function unusedNames(policy: Policy): Finding[] {
  const used = new Set<string>(policy.admins);
  const condition = /^requester\.groups\["(.*)"\]$/s;
  const see = (reads: readonly { path: string }[] | undefined): void => {
    for (const { path } of reads ?? []) {
      const group = condition.exec(path)?.[1];
      if (group !== undefined) used.add(group);
    }
  };
  const seeStages = (effect: { readonly kind: string; readonly stages?: readonly StageRule[] }) => {
    for (const { from, wait, fallback } of effect.stages ?? [])
      for (const name of [...from, ...(wait?.escalateTo ?? []), ...fallback]) used.add(name);
  };
  for (const each of policy.guardrails) {
    see(each.when?.reads);
    seeStages(each.then);
  }
  for (const resource of policy.resources.values()) for (const owner of resource.owners) used.add(owner);
  const resources = new Set<string>();
  for (const role of policy.roles.values()) {
    resources.add(role.resource.name);
    for (const owner of role.owners) used.add(owner);
    for (const name of [...(role.breakGlass?.who ?? []), ...(role.breakGlass?.notify ?? [])]) used.add(name);
    for (const rule of role.rules) {
      see(rule.when?.reads);
      seeStages(rule.then);
    }
  }
  const start = at([...policy.roles.values()].find((role) => role.location)?.location ?? null);
  const whole = { path: start.path, line: 1, column: 1 };
  const fix = 'Remove it, or use it.';
  return [
    ...[...policy.groups.keys()]
      .filter((name) => !used.has(name))
      .map((name) => finding('note', 'unused_name', whole, `The group '${name}' is used nowhere.`, fix)),
    ...[...policy.resources.keys()]
      .filter((name) => !resources.has(name))
      .map((name) => finding('note', 'unused_name', whole, `The resource '${name}' has no roles.`, fix)),
  ];
}
