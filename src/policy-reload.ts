import { hostname, userInfo } from 'node:os';
import type { Logger } from 'pino';
import { findingText } from './domain/policy/finding.ts';
import type { ConnectorSchemas } from './domain/policy/load.ts';
import type { Policy } from './domain/policy/types.ts';
import { commitOf, loadPolicyFrom } from './store/policy-source.ts';
import { watchPolicy } from './store/policy-watch.ts';
import type { Teardown } from './teardown.ts';
import type { NewPolicyLoad } from './usecases/ports.ts';
import { followSwap, type ReadPolicy, type Reloaded, reloadPolicy } from './usecases/reload-policy.ts';

/** How often the policy's files are looked at: a change is in force within two looks. */
const LOOK_EVERY_MS = 2_000;

export interface PolicyReloading {
  /** Reads the policy again, now. Never throws: what goes wrong is logged, and the old policy stays. */
  reload(how: NewPolicyLoad['how']): Promise<void>;
}

interface Parts {
  readonly path: string;
  readonly schemas: ConnectorSchemas;
  readonly ports: Parameters<typeof reloadPolicy>[0];
  readonly workspace: () => Promise<Parameters<typeof reloadPolicy>[1]['workspace']>;
  /** Hears of the policy that is now in force. */
  readonly onSwap: (policy: Policy) => void;
  /** Whether the policy at this start is another than the one that was in force before it, and why its files' is not in force. */
  readonly atStart: { readonly another: boolean; readonly refused: readonly string[] | null };
  readonly log: Logger;
  readonly teardown: Teardown;
}

/** Keeps the policy in force what its files say. One reload at a time, in the order in which they were asked for. */
export function startPolicyReloading(parts: Parts): PolicyReloading {
  const { path, schemas, ports, workspace, onSwap, atStart, log, teardown } = parts;
  let last: Promise<void> = Promise.resolve();

  async function once(how: NewPolicyLoad['how'], from: ReadPolicy | null = null): Promise<void> {
    const read = from ?? (await readPolicy(path, schemas));
    const ours = await workspace().catch(() => null);
    const reloaded = await reloadPolicy(ports, { read, how, loadedBy: whoLoads(), workspace: ours });
    tell(reloaded, how, log);
    if (reloaded.outcome === 'swapped') onSwap(ports.policies.current());
  }

  const reload = (how: NewPolicyLoad['how']): Promise<void> => {
    last = last
      .then(() => once(how))
      .catch((error: unknown) => {
        log.error({ err: error }, 'The policy could not be read again; the old one stays in force');
      });
    return last;
  };

  if (atStart.another) {
    const follow = async (): Promise<void> => {
      const ours = await workspace().catch(() => null);
      if (ours === null) return;
      const followed = await followSwap(ports, ours, await commitOf(path));
      tell({ outcome: 'swapped', version: ports.policies.current().version, ...followed }, 'start', log);
    };
    last = follow().catch((error: unknown) => {
      log.error({ err: error }, 'What the new policy means for what waits and is live could not be worked out');
    });
  }
  if (atStart.refused !== null) {
    last = once('start', { ok: false, lines: atStart.refused }).catch((error: unknown) => {
      log.error({ err: error }, 'That the policy was refused could not be told');
    });
  }
  const watch = watchPolicy(path, LOOK_EVERY_MS, () => reload('change'));
  teardown.add(async () => {
    await watch.stop();
    await last;
  });
  return { reload };
}

export async function readPolicy(path: string, schemas: ConnectorSchemas): Promise<ReadPolicy> {
  const loaded = await loadPolicyFrom(path, schemas);
  if (!loaded.ok) return loaded;
  const { policy, findings } = loaded;
  return { ok: true, policy, commit: await commitOf(path), warnings: findings.map(findingText) };
}

/** The user and machine of this process, which is who loads a policy. */
export function whoLoads(): string {
  let user = String(process.getuid?.() ?? 'unknown');
  try {
    user = userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in many containers, has only a number.
  }
  return `${user}@${hostname()}`;
}

function tell(reloaded: Reloaded, how: NewPolicyLoad['how'], log: Logger): void {
  switch (reloaded.outcome) {
    case 'same':
      if (how === 'signal') log.info('The policy was read again and means the same');
      return;
    case 'refused':
      log.error(
        { findings: reloaded.lines.slice(0, 20) },
        `A changed policy was refused and the old one stays in force: ${reloaded.lines[0] ?? 'it cannot be read'}`,
      );
      return;
    case 'swapped': {
      const { version, closed, unlooked, disallowed } = reloaded;
      log.info({ policy: version, how, closed, disallowed: disallowed.length }, 'A new policy is in force');
      if (unlooked > 0)
        log.warn(
          { requests: unlooked },
          'Waiting requests could not be held against the new policy; that is done when somebody approves them',
        );
    }
  }
}
