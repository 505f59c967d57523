import { performance } from 'node:perf_hooks';
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { catalogue, factsOf, interleaved, loadCatalogue, rulesOf, timeEvaluations } from './policy-catalogue.ts';

const SET = 'catalogue';

/** One evaluation with its trace, against Cedar's answer to the same question, its policies parsed beforehand. */
export const bench = {
  name: 'evaluate_vs_cedar',
  unit: 'µs',
  goal: 0.1,
  async run(): Promise<{ measured: number; floor: number }> {
    const policy = loadCatalogue(catalogue(1));
    const facts = factsOf(policy);
    const parsed = preparsePolicySet(SET, { staticPolicies: cedarText() });
    if (parsed.type !== 'success') throw new Error('Cedar does not take the policies');
    timeEvaluations(policy, facts, 20_000);
    timeCedar(500);
    return interleaved(
      15,
      () => timeEvaluations(policy, facts, 2_000),
      () => timeCedar(200),
    );
  },
};

const cedarText = (): string =>
  rulesOf()
    .map(
      ({ group, hours }) =>
        `permit(principal in Group::"${group}", action == Action::"elevate", resource == Role::"db/role0") when { context.duration <= ${hours * 3_600} && context.environment == "production" };`,
    )
    .join('\n');

function timeCedar(count: number): number {
  const member = `team${rulesOf().length - 1}`;
  const start = performance.now();
  for (let done = 0; done < count; done += 1) {
    const answer = statefulIsAuthorized({
      principal: { type: 'User', id: 'U0DEV' },
      action: { type: 'Action', id: 'elevate' },
      resource: { type: 'Role', id: 'db/role0' },
      context: { duration: 1_800, environment: 'production' },
      preparsedPolicySetId: SET,
      entities: [{ uid: { type: 'User', id: 'U0DEV' }, attrs: {}, parents: [{ type: 'Group', id: member }] }],
    });
    if (answer.type !== 'success' || answer.response.decision !== 'allow') throw new Error('Cedar decides otherwise');
  }
  return ((performance.now() - start) * 1_000) / count;
}
