import { performance } from 'node:perf_hooks';
import { type Enforcer, newEnforcer, newModelFromString } from 'casbin';
import { catalogue, factsOf, interleaved, loadCatalogue, rulesOf, timeEvaluations } from './policy-catalogue.ts';

const MODEL = `
[request_definition]
r = sub, role, duration, environment
[policy_definition]
p = group, role, longest, environment
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.group) && r.role == p.role && r.duration <= p.longest && r.environment == p.environment
`;

/** One evaluation with its trace, against casbin's answer to the same question. */
export const bench = {
  name: 'evaluate_vs_casbin',
  unit: 'µs',
  goal: 1,
  async run(): Promise<{ measured: number; floor: number }> {
    const policy = loadCatalogue(catalogue(1));
    const facts = factsOf(policy);
    const enforcer = await newEnforcer(newModelFromString(MODEL));
    for (const { group, hours } of rulesOf()) {
      await enforcer.addPolicy(group, 'db/role0', String(hours * 3_600), 'production');
    }
    await enforcer.addGroupingPolicy('U0DEV', `team${rulesOf().length - 1}`);
    timeEvaluations(policy, facts, 20_000);
    await timeCasbin(enforcer, 500);
    return interleaved(
      15,
      () => timeEvaluations(policy, facts, 2_000),
      () => timeCasbin(enforcer, 200),
    );
  },
};

async function timeCasbin(enforcer: Enforcer, count: number): Promise<number> {
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    if (!(await enforcer.enforce('U0DEV', 'db/role0', 1_800, 'production')))
      throw new Error('casbin decides otherwise');
  }
  return ((performance.now() - start) * 1_000) / count;
}
