import type { RoleKey } from '../ids.ts';
import type { Json } from '../json.ts';
import type { DecidingRule, PolicyDecision, RuleVerdict, Stage } from './decision.ts';
import { type Facts, isUnavailable } from './facts.ts';
import { readMembership } from './fields.ts';
import { Judge } from './judge.ts';
import type { BreakGlass, Guardrail, Policy, Role, StageRule } from './types.ts';

/** How a decision names what is no rule of the policy. */
export const NO_RULE_MATCHES = 'no rule matches';
export const NO_SUCH_ROLE = 'no such role';
export const BREAK_GLASS = 'break-glass';

/**
 * What the policy says to one request (POLICY.md, "Meaning"). Pure and total: the same policy and facts give the same decision,
 * nothing throws, and what is not allowed by a rule is denied. A condition that cannot be read counts against the requester.
 */
export function evaluate(policy: Policy, key: RoleKey, facts: Facts): PolicyDecision {
  const role = policy.roles.get(key);
  if (!role) return denied({ name: NO_SUCH_ROLE, kind: 'default', index: null, location: null }, null, []);
  const judge = new Judge({ facts, role, factTypes: policy.factTypes, probe: null });
  const trace: RuleVerdict[] = [];
  const limits = applyGuardrails(policy.guardrails, judge, trace);
  const conflict = applyDuties(role, judge, trace);
  const forbidden = limits.deny ?? conflict;
  if (forbidden) {
    for (const rule of role.rules) trace.push(notReached(rule));
    return denied(forbidden.rule, forbidden.message, trace);
  }
  return facts.request.breakGlass
    ? decideBreakGlass(role, judge, limits, trace)
    : decideByRules(role, judge, limits, trace);
}

interface Denial {
  readonly rule: DecidingRule;
  readonly message: string | null;
}

interface Limits {
  readonly deny: Denial | null;
  readonly capSeconds: number | null;
  readonly cappedBy: string | null;
  readonly stages: readonly Stage[];
}

/** All of them, whatever the first ones say: the first deny wins, the lowest cap holds, stages add up. */
function applyGuardrails(guardrails: readonly Guardrail[], judge: Judge, trace: RuleVerdict[]): Limits {
  let deny: Denial | null = null;
  let capSeconds: number | null = null;
  let cappedBy: string | null = null;
  const stages: Stage[] = [];
  for (const guardrail of guardrails) {
    const { verdict, error } = judge.condition(guardrail.when);
    const applied = verdict === 'matched' || verdict === 'error';
    trace.push({
      kind: 'guardrail',
      name: guardrail.name,
      index: guardrail.index,
      verdict: verdict === 'unknown' ? 'error' : verdict,
      effect: guardrail.then.kind,
      applied,
      condition: guardrail.when?.text ?? null,
      values: judge.values(guardrail.when),
      error,
      location: guardrail.location,
    });
    if (!applied) continue;
    if (guardrail.then.kind === 'deny') {
      const { name, index, location, message } = guardrail;
      deny ??= { rule: { name, kind: 'guardrail', index, location }, message };
      continue;
    }
    const cap = guardrail.then.capSeconds;
    if (cap !== null && (capSeconds === null || cap < capSeconds)) {
      capSeconds = cap;
      cappedBy = guardrail.name;
    }
    stages.push(...guardrail.then.stages.map((stage) => asked(stage, 'guardrail', guardrail.name)));
  }
  return { deny, capSeconds, cappedBy, stages };
}

function applyDuties(role: Role, judge: Judge, trace: RuleVerdict[]): Denial | null {
  let deny: Denial | null = null;
  for (const set of role.duties) {
    const { verdict, error } = judge.duty(set, role);
    const applied = verdict !== 'not_matched';
    const { history } = judge.context.facts;
    trace.push({
      kind: 'separation_of_duties',
      name: set.name,
      index: set.index,
      verdict: verdict === 'unknown' ? 'error' : verdict,
      effect: 'deny',
      applied,
      condition: `at most one of ${set.roles.join(', ')}`,
      values: { 'history.active_roles': isUnavailable(history) ? { ...history } : [...history.activeRoles] },
      error,
      location: set.location,
    });
    const { name, index, location, message } = set;
    if (applied) deny ??= { rule: { name, kind: 'separation_of_duties', index, location }, message };
  }
  return deny;
}

/** From the top: the first that holds decides, and the others are not looked at. */
function decideByRules(role: Role, judge: Judge, limits: Limits, trace: RuleVerdict[]): PolicyDecision {
  let decision: PolicyDecision | null = null;
  for (const rule of role.rules) {
    if (decision) {
      trace.push(notReached(rule));
      continue;
    }
    const { verdict, error } = judge.condition(rule.when);
    // A condition that cannot be read counts against the requester: what would help them does not match, a denial does.
    const applied = verdict === 'matched' || (verdict === 'error' && rule.then.kind === 'deny');
    trace.push({
      kind: 'rule',
      name: rule.name,
      index: rule.index,
      verdict: verdict === 'unknown' ? 'error' : verdict,
      effect: rule.then.kind,
      applied,
      condition: rule.when?.text ?? null,
      values: judge.values(rule.when),
      error,
      location: rule.location,
    });
    if (!applied) continue;
    const deciding: DecidingRule = { name: rule.name, kind: 'rule', index: rule.index, location: rule.location };
    const own = rule.then.kind === 'require' ? rule.then.stages.map((stage) => asked(stage, 'rule', rule.name)) : [];
    decision =
      rule.then.kind === 'deny'
        ? denied(deciding, rule.message, trace)
        : allowed(deciding, rule.message, own, limits, trace);
  }
  if (decision) return decision;
  return denied({ name: NO_RULE_MATCHES, kind: 'default', index: null, location: role.location }, null, trace);
}

/** Who may use break-glass asks nobody by the role's rules; guardrails hold for it too, unless they except it themselves. */
function decideBreakGlass(role: Role, judge: Judge, limits: Limits, trace: RuleVerdict[]): PolicyDecision {
  const deciding: DecidingRule = { name: BREAK_GLASS, kind: 'break_glass', index: null, location: role.location };
  const verdict = breakGlassVerdict(role.breakGlass, role, judge);
  trace.push(verdict, ...role.rules.map(notReached));
  if (!role.breakGlass || !verdict.applied) return denied(deciding, null, trace);
  const lower = limits.capSeconds !== null && limits.capSeconds <= role.breakGlass.maxSeconds;
  const capped = lower ? limits : { ...limits, capSeconds: role.breakGlass.maxSeconds, cappedBy: BREAK_GLASS };
  return allowed(deciding, null, [], capped, trace);
}

function breakGlassVerdict(terms: BreakGlass | null, role: Role, judge: Judge): RuleVerdict {
  const values: { [path: string]: Json } = {};
  let applied = false;
  let error: string | null = null;
  for (const group of terms?.who ?? []) {
    const member = readMembership(judge.context.facts, group);
    values[`requester.groups["${group}"]`] = member;
    if (isUnavailable(member))
      error ??= `the members of group '${group}' could not be looked up: ${member.unavailable}`;
    else if (member) applied = true;
  }
  return {
    kind: 'break_glass',
    name: BREAK_GLASS,
    index: null,
    verdict: applied ? 'matched' : error === null ? 'not_matched' : 'error',
    effect: 'approve',
    applied,
    condition: (terms?.who ?? []).map((group) => `"${group}" in requester.groups`).join(' || ') || 'false',
    values,
    error: applied ? null : error,
    location: role.location,
  };
}

const asked = (stage: StageRule, kind: 'rule' | 'guardrail', name: string): Stage => ({
  approvals: stage.approvals,
  from: stage.from,
  selfAllowed: stage.selfAllowed && kind === 'rule',
  wait: stage.wait,
  fallback: stage.fallback.length === 0 ? null : { to: stage.fallback, used: null },
  addedBy: { kind, name },
});

const notReached = (rule: Role['rules'][number]): RuleVerdict => ({
  kind: 'rule',
  name: rule.name,
  index: rule.index,
  verdict: 'not_reached',
  effect: rule.then.kind,
  applied: false,
  condition: rule.when?.text ?? null,
  values: {},
  error: null,
  location: rule.location,
});

const denied = (rule: DecidingRule, message: string | null, trace: readonly RuleVerdict[]): PolicyDecision => ({
  outcome: 'deny',
  rule,
  message,
  stages: [],
  capSeconds: null,
  cappedBy: null,
  trace,
});

function allowed(
  rule: DecidingRule,
  message: string | null,
  own: readonly Stage[],
  limits: Limits,
  trace: readonly RuleVerdict[],
): PolicyDecision {
  const stages = [...own, ...limits.stages];
  const { capSeconds, cappedBy } = limits;
  return { outcome: stages.length > 0 ? 'require' : 'approve', rule, message, stages, capSeconds, cappedBy, trace };
}
