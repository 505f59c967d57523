import { type Finding, finding } from '../finding.ts';
import type { Guardrail, Policy, Role, Rule } from '../types.ts';
import { at } from './at.ts';
import { type Formula, formulaOf } from './formula.ts';
import { limitsOf } from './role-limits.ts';
import { satisfiable } from './solve.ts';

const not = (part: Formula): Formula => ({ kind: 'not', part });
const formula = (rule: Pick<Rule, 'when'>): Formula => formulaOf(rule.when?.ast ?? null);

/** Rules that nothing reaches or that never hold, and roles that nobody can have. */
export function checkRules(policy: Policy, role: Role): Finding[] {
  const findings: Finding[] = [];
  const limits = limitsOf(role);
  const formulas = role.rules.map(formula);
  for (const [index, rule] of role.rules.entries()) {
    const own = formulas[index];
    if (!own) continue;
    const before = formulas.slice(0, index);
    const alone = satisfiable([own], limits);
    if (alone.known && !alone.possible) {
      const message = `In role ${role.key}, the rule '${rule.name}' can never hold: no facts fit its condition.`;
      findings.push(finding('warning', 'never_holds', at(rule.location), message, neverFix(rule)));
      continue;
    }
    const closing = role.rules.slice(0, index).find((_, place) => alwaysHolds(formulas[place], role));
    if (closing) {
      const message = `In role ${role.key}, the rule '${rule.name}' is never reached: '${closing.name}' before it always holds.`;
      const fix = 'Put it before that rule, or remove it.';
      findings.push(finding('warning', 'unreachable_rule', at(rule.location), message, fix));
      continue;
    }
    const reached = satisfiable([...before.map(not), own], limits);
    if (reached.known && !reached.possible) {
      const message = `In role ${role.key}, the rule '${rule.name}' is reached only when a fact cannot be looked up: the rules before it take every case of it.`;
      const fix = 'Put it before them, narrow theirs, or remove it.';
      findings.push(finding('note', 'unreachable_rule', at(rule.location), message, fix));
    }
  }
  if (!canBeHad(policy, role)) {
    const message = `Nobody can be given role ${role.key}: no rule that approves or asks people can ever decide.`;
    const fix = 'Add a rule that allows it, or remove the role.';
    findings.push(finding('warning', 'nobody_may_ask', at(role.location), message, fix));
  }
  return findings;
}

function neverFix(rule: Rule): string {
  return (rule.when?.reads ?? []).some((read) => read.path === 'request.duration')
    ? "Compare its times with the role's longest duration, and its values with each other."
    : 'Compare the values it asks for with each other and with the role and its resource.';
}

export function alwaysHolds(given: Formula | undefined, role: Role): boolean {
  if (!given) return false;
  if (given.kind === 'constant') return given.value;
  const against = satisfiable([not(given)], limitsOf(role));
  return against.known && !against.possible;
}

/** false only where that is certain. */
function canBeHad(policy: Policy, role: Role): boolean {
  if (role.breakGlass) return true;
  const denials = policy.guardrails.filter((each) => each.then.kind === 'deny').map((each) => not(formula(each)));
  return role.rules.some((rule, index) => {
    if (rule.then.kind === 'deny') return false;
    const before = role.rules.slice(0, index).map((each) => not(formula(each)));
    const answer = satisfiable([...before, formula(rule), ...denials], limitsOf(role));
    return !answer.known || answer.possible;
  });
}

/** Guardrails that hold for no role at all. */
export function checkGuardrail(policy: Policy, guardrail: Guardrail): Finding[] {
  const own = formula(guardrail);
  if (policy.roles.size === 0) return [];
  const seen = new Set<string>();
  for (const role of policy.roles.values()) {
    const { resource, risk, duration } = role;
    const reads = guardrail.when?.reads.map((read) => read.path) ?? [];
    const named = reads.some((path) => path === 'role.key' || path === 'role.name');
    // Roles that are alike in everything a guardrail usually asks need one look.
    const like = JSON.stringify([
      named ? role.key : null,
      resource.name,
      resource.environment,
      risk,
      duration.maxSeconds,
      role.breakGlass !== null,
      role.extensions.max > 0,
    ]);
    if (seen.has(like)) continue;
    seen.add(like);
    const answer = satisfiable([own], limitsOf(role));
    if (!answer.known || answer.possible) return [];
  }
  const message = `The guardrail '${guardrail.name}' can never hold, for none of the roles.`;
  const fix = 'Compare its values with the environments, risks and names that roles and resources have.';
  return [finding('warning', 'never_holds', at(guardrail.location), message, fix)];
}
