import type { DisallowedGrant } from '../domain/disallowed-grant.ts';
import type { WorkspaceId } from '../domain/ids.ts';
import { bySystem } from '../domain/person.ts';
import type { Policy } from '../domain/policy/types.ts';
import { type Closed, closeDenied } from './close-denied.ts';
import { disallowedGrants } from './disallowed-grants.ts';
import { postInFirst } from './first-channel.ts';
import type { NewPolicyLoad, PolicyNews, Ports } from './ports.ts';

/** What reading the policy's files came to. */
export type ReadPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly commit: string | null; readonly warnings: readonly string[] }
  /** One sentence each, with file, line and column. */
  | { readonly ok: false; readonly lines: readonly string[] };

export interface ReloadInput {
  readonly read: ReadPolicy;
  readonly how: NewPolicyLoad['how'];
  readonly loadedBy: string;
  /** null: Slack did not say yet which workspace is ours; then nothing is announced. */
  readonly workspace: WorkspaceId | null;
}

export type Reloaded =
  | { readonly outcome: 'refused'; readonly lines: readonly string[] }
  /** The same content as before: nothing happened. */
  | { readonly outcome: 'same' }
  | ({ readonly outcome: 'swapped'; readonly version: string } & Followed);

/** What a new policy meant for what waits and for what is live. */
export interface Followed extends Closed {
  readonly disallowed: readonly DisallowedGrant[];
}

const NOTHING: Followed = { closed: 0, unlooked: 0, disallowed: [] };

type Needs = Pick<Ports, 'store' | 'directory' | 'policies' | 'messenger'> & { swap(policy: Policy): void };

/**
 * Puts a new policy in force, at once and whole, or refuses it and keeps the old one. Every version and every refusal is kept. What
 * waits and is denied by the new one closes; live grants that it would not give are reported, and nothing of them is shortened.
 */
export async function reloadPolicy(ports: Needs, { read, how, loadedBy, workspace }: ReloadInput): Promise<Reloaded> {
  const before = ports.policies.current();
  if (!read.ok) {
    const noted = await ports.store.policies.noteLoad({
      version: null,
      commit: null,
      loadedBy,
      how,
      findings: read.lines,
    });
    if (noted === 'known') return { outcome: 'refused', lines: read.lines };
    if (workspace !== null)
      await audit(ports, workspace, { kind: 'policy.refused', data: { findings: [...read.lines.slice(0, 20)] } });
    await announce(ports, before, { news: 'refused', lines: read.lines });
    return { outcome: 'refused', lines: read.lines };
  }
  const { policy, commit } = read;
  if (policy.version === before.version) return { outcome: 'same' };
  await ports.store.policies.keep({ version: policy.version, canonical: policy.canonical, commit });
  ports.swap(policy);
  const noted = await ports.store.policies.noteLoad({
    version: policy.version,
    commit,
    loadedBy,
    how,
    findings: read.warnings,
  });
  // Another process had it before and does what follows from it; once is enough.
  if (workspace === null || noted === 'known') return { outcome: 'swapped', version: policy.version, ...NOTHING };
  return { outcome: 'swapped', version: policy.version, ...(await followSwap(ports, workspace, commit)) };
}

/** What a policy that has just come into force means for what waits and for what is live. Also after a start with another policy. */
export async function followSwap(
  ports: Omit<Needs, 'swap'>,
  workspace: WorkspaceId,
  commit: string | null,
): Promise<Followed> {
  const policy = ports.policies.current();
  await audit(ports, workspace, { kind: 'policy.loaded', data: { version: policy.version, commit } });
  const closed = await closeDenied(ports, workspace, policy);
  const disallowed = await disallowedGrants(ports, workspace, policy);
  if (disallowed.length > 0) {
    await announce(ports, policy, { news: 'tightened', version: policy.version, disallowed, closed: closed.closed });
  }
  return { ...closed, disallowed };
}

type PolicyAudit =
  | { kind: 'policy.loaded'; data: { version: string; commit: string | null } }
  | { kind: 'policy.refused'; data: { findings: string[] } };

const audit = (ports: Omit<Needs, 'swap'>, workspace: WorkspaceId, fact: PolicyAudit): Promise<void> =>
  ports.store.transaction(workspace, (tx) =>
    tx.save({ events: [{ ...fact, at: tx.now, actor: bySystem('policy'), requestId: null, grantId: null }] }),
  );

/** In the admins' channel, which is the security channel; where none takes it, where cards go by default. */
async function announce(ports: Omit<Needs, 'swap'>, policy: Policy, news: PolicyNews): Promise<void> {
  const places = [policy.channels.security, policy.defaults.channel].filter((each) => each !== null);
  if (places.length > 0) await postInFirst(places, (channel) => ports.messenger.tellPolicy(channel, news));
}
