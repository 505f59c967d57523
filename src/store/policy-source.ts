import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { PolicyVersion } from '../domain/ids.ts';
import { policyFromCanonical } from '../domain/policy/canonical.ts';
import { type Finding, findingText } from '../domain/policy/finding.ts';
import { type ConnectorSchemas, loadPolicy, type PolicyFile } from '../domain/policy/load.ts';
import type { Policy } from '../domain/policy/types.ts';
import type { Policies, PolicySource } from '../usecases/ports.ts';
import { readFolder } from './policy-files.ts';

/** How long `git rev-parse` may take; a policy outside of git has no commit, which is fine. */
const GIT_TIMEOUT_MS = 2_000;

/** Loads and checks the policy of a path. `ok: false` holds one line per finding, with file, line and column. */
export async function loadPolicyFrom(
  path: string,
  connectors: ConnectorSchemas,
): Promise<{ ok: true; policy: Policy; findings: readonly Finding[] } | { ok: false; lines: readonly string[] }> {
  let files: readonly PolicyFile[];
  try {
    ({ files } = await readFolder(path));
  } catch (error) {
    return { ok: false, lines: [error instanceof Error ? error.message : String(error)] };
  }
  const loaded = loadPolicy(files, connectors);
  return loaded.ok ? loaded : { ok: false, lines: loaded.findings.map(findingText) };
}

/** The commit that the policy's folder or file stands in; null outside of git. */
export async function commitOf(path: string): Promise<string | null> {
  try {
    const folder = (await stat(path)).isDirectory() ? path : dirname(path);
    const { stdout } = await promisify(execFile)('git', ['-C', folder, 'rev-parse', 'HEAD'], {
      timeout: GIT_TIMEOUT_MS,
    });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** The policy in force, and every older version from the database, compiled once each. */
export function createPolicySource(current: Policy, policies: Policies): PolicySource & { swap(policy: Policy): void } {
  const known = new Map<PolicyVersion, Policy>([[current.version, current]]);
  let inForce = current;
  return {
    current: () => inForce,
    async version(version) {
      const at = known.get(version);
      if (at) return at;
      const canonical = await policies.canonical(version);
      if (canonical === null) return null;
      const policy = policyFromCanonical(canonical);
      known.set(version, policy);
      return policy;
    },
    swap(policy) {
      known.set(policy.version, policy);
      inForce = policy;
    },
  };
}
