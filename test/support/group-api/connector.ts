import { z } from 'zod';
import { type LeaseLimits, withLease } from '../../../src/connectors/lease-lock.ts';
import { referencesIn, secret } from '../../../src/connectors/secrets.ts';
import type { ResolvedAccess } from '../../../src/domain/grant.ts';
import type { Json } from '../../../src/domain/json.ts';
import {
  type AccessOnTarget,
  type Connector,
  type ConnectorSurroundings,
  type ConnectorType,
  Outage,
  type TargetSession,
} from '../../../src/usecases/ports.ts';

/** In a hurry, with the proportions of the real ones. */
export const QUICK_LEASE: LeaseLimits = { callMs: 600, leaseMs: 1_000, waitMs: 3_000, pollMs: 20, landsWithinMs: null };

const connection = z.strictObject({ url: z.string(), token: z.string() });
const entitlement = z.strictObject({ group: z.string(), level: z.enum(['member', 'maintainer']).default('member') });
const found = z.array(z.looseObject({ id: z.string() }));
const identityAnswer = z.looseObject({ id: z.string() });
const levelAnswer = z.looseObject({ level: z.enum(['member', 'maintainer']).nullable() });
const membersAnswer = z.array(z.looseObject({ id: z.string(), name: z.string(), level: z.string() }));

export const groupApiType = (limits: LeaseLimits = QUICK_LEASE): ConnectorType => ({
  type: 'group_api',
  connection,
  entitlement,
  observesUse: false,
  open: (name, given, surroundings) => openGroupApi(name, given, surroundings, limits),
});

/** Members of groups behind an HTTP API that has neither locks nor grantors: every member counts as ours. */
export function openGroupApi(
  name: string,
  given: unknown,
  { leases }: ConnectorSurroundings,
  limits: LeaseLimits,
  env: NodeJS.ProcessEnv = process.env,
): Connector {
  const to = connection.parse(given);
  const [reference] = referencesIn(to.token);
  const token = reference === undefined ? to.token : secret(reference, name, env);

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<{ status: number; body: unknown }> {
    const changes = method !== 'GET';
    try {
      const response = await fetch(`${to.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, connection: 'close' },
        signal: signal ?? AbortSignal.timeout(limits.callMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      throw new Outage(changes ? 'unknown_outcome' : 'transient', `${name} did not answer`);
    }
  }
  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const answer = await ask('GET', path);
    if (answer.status !== 200) throw refusedWith(name, answer.status);
    return schema.parse(answer.body);
  };
  const identify = async (): Promise<string> => `group_api:${(await get('/identity', identityAnswer)).id}`;
  const idOf = async (what: 'users' | 'groups', named: string): Promise<string> => {
    const [one] = await get(`/${what}?name=${encodeURIComponent(named)}`, found);
    if (!one) throw new Outage('permanent', `There is no "${named}" among the ${what} of ${name}`);
    return one.id;
  };

  return {
    name,
    type: 'group_api',
    capabilities: {
      endsSessions: false,
      nativeExpiry: true,
      listsHolders: true,
      observesUse: false,
      distinguishesGrantors: false,
      lockProvesQuiet: false,
      preparesRevocations: false,
    },
    identify,
    inUse: () => Promise.reject(new Outage('permanent', `${name} cannot tell whether access is used`)),
    async resolve(wanted, subject) {
      const groupId = await idOf('groups', entitlement.parse(wanted).group);
      return resolvedFrom(await identify(), groupId, await idOf('users', subject));
    },
    exclusively: (access, work) =>
      withLease(leases, { name, key: access.resolved.key }, limits, async (held) => {
        if ((await identify()) !== access.resolved.targetIdentity) {
          throw new Outage('permanent', `${name} is another server than the one this access is on`);
        }
        const path = `/groups/${groupOf(access)}/members/${encodeURIComponent(access.resolved.subjectId)}`;
        const change = (method: string, level?: string, expiresAt: Date | null = null): Promise<string> =>
          held.change(async (signal) => {
            const sent = level === undefined ? undefined : { level, expires_at: expiresAt };
            const { status, body } = await ask(method, path, sent, signal);
            if (status === 404 && method === 'DELETE') return 'was no member';
            if (status !== 200) throw refusedWith(name, status);
            return JSON.stringify(body);
          });
        const observe = async (): Promise<Json> => (await get(path, levelAnswer)).level;
        const session: TargetSession = {
          unsettled: held.unsettled,
          observe: async () => ({ ours: await observe(), others: [] }),
          grant: async ({ expiresAt }) => {
            const wanted = entitlement.parse(access.entitlement).level;
            return change('PUT', (await observe()) === 'maintainer' ? 'maintainer' : wanted, expiresAt);
          },
          suffices: (level) => level === 'maintainer' || level === entitlement.parse(access.entitlement).level,
          revoke: (before) => (typeof before === 'string' ? change('PUT', before) : change('DELETE')),
          endSessions: async () => ({ ended: 0, left: 0 }),
        };
        return work(session);
      }),
    async listHolders(wanted, after = null) {
      const groupId = await idOf('groups', entitlement.parse(wanted).group);
      const targetIdentity = await identify();
      const members = await get(
        `/groups/${encodeURIComponent(groupId)}/members?after=${encodeURIComponent(after ?? '')}`,
        membersAnswer,
      );
      return {
        targetIdentity,
        entitlementId: `group ${groupId}`,
        next: members.at(-1)?.id ?? null,
        holders: members.map(({ id, name: subject, level }) => ({
          accessKey: resolvedFrom(targetIdentity, groupId, id).key,
          subjectId: id,
          subject,
          grantor: 'anybody',
          ours: true,
          level,
        })),
      };
    },
    async check() {
      try {
        await identify();
        return [];
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return [{ severity: 'error', message, fix: 'Make sure that it runs and that the token is right.' }];
      }
    },
    close: async () => undefined,
  };
}

function resolvedFrom(targetIdentity: string, groupId: string, subjectId: string): ResolvedAccess {
  const entitlementId = `group ${groupId}`;
  return { targetIdentity, entitlementId, subjectId, key: `${targetIdentity}/${entitlementId}/${subjectId}` };
}

const groupOf = (access: AccessOnTarget): string =>
  encodeURIComponent(access.resolved.entitlementId.replace(/^group /, ''));

const refusedWith = (name: string, status: number): Outage =>
  new Outage(status === 503 ? 'transient' : 'permanent', `${name} refused it with status ${status}`);
