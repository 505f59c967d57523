import { type Assignment, evaluateFormula, type Formula, formulaOf } from '../check/formula.ts';
import { limitsOf } from '../check/role-limits.ts';
import { eachCase, type Limits } from '../check/solve.ts';
import { formatDuration } from '../duration.ts';
import type { Guardrail, Policy, Role, Rule, StageRule } from '../types.ts';
import { type Compared, compareRulings, type Ruling } from './compare.ts';

interface Laws {
  /** The longest time of both roles: that one of them has a longer one is a change of its own, told apart. */
  readonly longestSeconds: number;
  readonly guardrails: readonly { readonly rule: Guardrail; readonly formula: Formula }[];
  readonly rules: readonly { readonly rule: Rule; readonly formula: Formula }[];
}

const lawsOf = (policy: Policy, role: Role, longestSeconds: number): Laws => ({
  longestSeconds,
  guardrails: policy.guardrails.map((rule) => ({ rule, formula: formulaOf(rule.when?.ast ?? null) })),
  rules: role.rules.map((rule) => ({ rule, formula: formulaOf(rule.when?.ast ?? null) })),
});

/** For whom a role's decision is another one, and in which direction. */
export interface RulingsDiffer extends Compared {
  /** One case of each, as the facts that matter. */
  readonly looser: string | null;
  readonly tighter: string | null;
  /** Whether all cases that the conditions tell apart were looked at. */
  readonly complete: boolean;
}

/** Compares what two policies say about a role, over the facts at which any of their conditions changes. */
export function compareRole(old: Policy, oldRole: Role, next: Policy, nextRole: Role): RulingsDiffer {
  const longest = Math.max(oldRole.duration.maxSeconds, nextRole.duration.maxSeconds);
  const [before, after] = [lawsOf(old, oldRole, longest), lawsOf(next, nextRole, longest)];
  const formulas = [...before.guardrails, ...before.rules, ...after.guardrails, ...after.rules].map(
    (each) => each.formula,
  );
  let looser: string | null = null;
  let tighter: string | null = null;
  let opaqueDiffers = false;
  const seen = eachCase(formulas, limitsOfBoth(oldRole, nextRole), new Map(), (given) => {
    const [was, is] = [rulingOf(before, given), rulingOf(after, given)];
    const compared = compareRulings(was, is);
    if (compared.loosens) looser ??= told(given, was, is);
    if (compared.tightens) tighter ??= told(given, was, is);
    if (compared.loosens || compared.tightens) opaqueDiffers ||= [...given.keys()].some((path) => path.startsWith('?'));
    return looser === null || tighter === null;
  });
  return {
    loosens: looser !== null,
    tightens: tighter !== null,
    looser,
    tighter,
    complete: seen !== 'sample' && !opaqueDiffers,
  };
}

/** Durations beyond one role's longest matter as soon as the other's allows them; constants of the role are the new role's. */
function limitsOfBoth(old: Role, next: Role): Limits {
  const [a, b] = [limitsOf(old), limitsOf(next)];
  const values = new Map(b.values);
  for (const [path, some] of a.values) values.set(path, [...new Set([...some, ...(b.values.get(path) ?? [])])]);
  // Labels, names and environments are what the new policy says they are: their own change is told apart.
  for (const path of ['role.risk', 'resource.environment']) {
    const own = b.values.get(path);
    if (own) values.set(path, own);
  }
  return { values, ranges: new Map([['request.duration', { from: 1, to: 366 * 86_400 }]]) };
}

function rulingOf(laws: Laws, given: Assignment): Ruling {
  const denied: Ruling = { outcome: 'deny', stages: [], longestSeconds: 0 };
  let cap = laws.longestSeconds;
  const added: StageRule[] = [];
  for (const { rule, formula } of laws.guardrails) {
    if (!evaluateFormula(formula, given)) continue;
    if (rule.then.kind === 'deny') return denied;
    cap = Math.min(cap, rule.then.capSeconds ?? cap);
    added.push(...rule.then.stages.map((stage) => ({ ...stage, selfAllowed: false })));
  }
  const deciding = laws.rules.find(({ formula }) => evaluateFormula(formula, given));
  if (!deciding || deciding.rule.then.kind === 'deny') return denied;
  const duration = given.get('request.duration');
  if (typeof duration === 'number' && duration > cap) return denied;
  const stages = [...(deciding.rule.then.kind === 'require' ? deciding.rule.then.stages : []), ...added];
  return { outcome: stages.length > 0 ? 'require' : 'approve', stages, longestSeconds: cap };
}

/** Facts worth telling: those that are true or numbers; nobody reads a list of groups that somebody is not in. */
function told(given: Assignment, was: Ruling, is: Ruling): string {
  const facts = [...given]
    .filter(([, value]) => value !== false && !(typeof value === 'string' && value.startsWith('\u0000')))
    .slice(0, 6)
    .map(([path, value]) => {
      if (value === true) return path.replace(/^\?/, '');
      return `${path} = ${path === 'request.duration' && typeof value === 'number' ? formatDuration(value) : value}`;
    });
  const times = was.outcome !== 'deny' && is.outcome !== 'deny' && was.longestSeconds !== is.longestSeconds;
  return `${facts.join(', ') || 'anybody'}: ${said(was, times)} → ${said(is, times)}`;
}

function stageText({ approvals, from, wait, fallback }: Ruling['stages'][number]): string {
  const later = wait?.escalateTo.length ? [`later ${wait.escalateTo.join(' or ')} too`] : [];
  const instead = fallback.length > 0 ? [`${fallback.join(' or ')} too where they cannot`] : [];
  const others = [...later, ...instead].join('; ');
  return `${approvals} of ${from.join(' or ')}${others === '' ? '' : ` (${others})`}`;
}

function said({ outcome, stages, longestSeconds }: Ruling, withTime: boolean): string {
  const who = outcome === 'require' ? stages.map(stageText).join(', then ') : outcome;
  return withTime ? `${who} for ${formatDuration(longestSeconds)} at most` : who;
}
