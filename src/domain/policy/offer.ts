import type { Facts } from './facts.ts';
import { Judge } from './judge.ts';
import { dependsOnRequest } from './provider-url.ts';
import type { Policy, Role } from './types.ts';

/** What nobody knows before the form is filled in. */
const OPEN: ReadonlySet<string> = new Set(['request.duration', 'request.ticket', 'request.reason', 'request.channel']);

/** With it, what the providers can only say of a request. */
function openIn(policy: Policy): ReadonlySet<string> {
  const asking = [...policy.factProviders.values()].filter(dependsOnRequest);
  if (asking.length === 0) return OPEN;
  return new Set([...OPEN, ...asking.flatMap((each) => [...each.facts.keys()].map((fact) => `facts.${fact}`))]);
}

/**
 * Whether a role is worth offering to this person: not when the policy denies it whatever duration, ticket, reason and channel will
 * be. What `facts.request` says of these four is not read; `extension` and `breakGlass` are. Each condition counts as `it may` when it
 * depends on what is open, so a role is never withheld that could be had; one that is offered may still be refused on submission.
 */
export function offered(policy: Policy, role: Role, facts: Facts): boolean {
  const judge = new Judge({
    facts,
    role,
    factTypes: policy.factTypes,
    probe: { hidden: openIn(policy), touched: false },
  });
  const forbidden = policy.guardrails.some(({ when, then: effect }) => {
    if (effect.kind !== 'deny') return false;
    const { verdict } = judge.condition(when);
    return verdict === 'matched' || verdict === 'error';
  });
  if (forbidden || role.duties.some((set) => judge.duty(set, role).verdict !== 'not_matched')) return false;
  for (const rule of role.rules) {
    const { verdict } = judge.condition(rule.when);
    if (rule.then.kind === 'deny') {
      if (verdict === 'matched' || verdict === 'error') return false;
    } else if (verdict === 'matched' || verdict === 'unknown') {
      return true;
    }
  }
  return false;
}
