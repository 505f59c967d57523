import type { Logger } from 'pino';
import { policyFromCanonical } from './domain/policy/canonical.ts';
import { findingText } from './domain/policy/finding.ts';
import type { Policy } from './domain/policy/types.ts';
import { whoLoads } from './policy-reload.ts';
import { StartProblem } from './start-problem.ts';
import { commitOf, type loadPolicyFrom } from './store/policy-source.ts';
import type { Policies } from './usecases/ports.ts';

export type LoadedPolicy = Awaited<ReturnType<typeof loadPolicyFrom>>;

export interface PolicyAtStart {
  readonly policy: Policy;
  /** Another one was in force before. */
  readonly another: boolean;
  /** Why the policy of the files is not the one in force, one sentence each; null: it is. */
  readonly refused: readonly string[] | null;
}

/**
 * The policy that a process starts with. Where the files do not check it is the one that was in force before, as with a reload: access
 * has to end on time whatever somebody wrote into them. Only where there never was one is that a `StartProblem`. Every version ever
 * used is kept, so that every decision can be evaluated again.
 */
export async function policyAtStart(
  loaded: LoadedPolicy,
  path: string,
  policies: Policies,
  log: Logger,
): Promise<PolicyAtStart> {
  if (!loaded.ok) {
    const policy = await lastInForce(policies);
    if (policy === null) throw doesNotCheck(path, loaded.lines);
    log.error(
      { policy: policy.version, findings: loaded.lines.slice(0, 20) },
      `The policy at POLICY_PATH (${path}) does not check, so the one that was in force before stays: ${loaded.lines[0] ?? 'it cannot be read'}`,
    );
    return { policy, another: false, refused: loaded.lines };
  }
  const { policy, findings } = loaded;
  const commit = await commitOf(path);
  const kept = await policies.keep({ version: policy.version, canonical: policy.canonical, commit });
  log.info({ policy: policy.version, commit, roles: policy.roles.size, new: kept === 'new' }, 'The policy is loaded');
  const noted = await policies.noteLoad({
    version: policy.version,
    commit,
    loadedBy: whoLoads(),
    how: 'start',
    findings: findings.map(findingText),
  });
  return { policy, another: noted === 'news', refused: null };
}

/** null: there never was one, or this version of Elevate cannot read it. */
async function lastInForce(policies: Policies): Promise<Policy | null> {
  const version = await policies.inForce();
  const canonical = version && (await policies.canonical(version));
  if (!canonical) return null;
  try {
    return policyFromCanonical(canonical);
  } catch {
    return null;
  }
}

/** `why`: what else stands in the way. */
export const doesNotCheck = (path: string, lines: readonly string[], why = ''): StartProblem =>
  new StartProblem(
    `The policy at POLICY_PATH (${path}) does not check, so nothing was started:\n${[...lines, ...(why === '' ? [] : [why])].join('\n')}`,
  );
