import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { withLease } from '../../src/connectors/lease-lock.ts';
import type { Leases } from '../../src/usecases/watch-ports.ts';

const LIMITS = { callMs: 10, leaseMs: 40, waitMs: 50, pollMs: 5, landsWithinMs: null };

it('sends nothing after a pause in which the lease may have run out, although it was there when the call was noted', async () => {
  const sent: string[] = [];
  const leases: Leases = {
    take: async (key) => ({ key, fence: '1', unsettledSince: null }),
    beginCall: async () => {
      await sleep(LIMITS.leaseMs);
      return true;
    },
    settleCall: async () => undefined,
    release: async () => undefined,
  };
  const late = withLease(leases, { name: 'groups', key: 'a' }, LIMITS, (held) =>
    held.change(async () => sent.push('PUT')),
  );
  await expect(late).rejects.toMatchObject({ kind: 'transient' });
  expect(sent).toEqual([]);
});
