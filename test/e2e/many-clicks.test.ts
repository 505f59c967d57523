import { afterEach, describe, expect, it } from '@jest/globals';
import { labelOf } from '../support/insist.ts';
import { startWorld, type World } from '../support/world.ts';

const TIME_LIMIT_MS = 90_000;
const CLICKS_EACH = 50;

let world: World | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

describe('one hundred simultaneous clicks', () => {
  it(
    'by two approvers make one grant and one audit trail',
    async () => {
      world = await startWorld({ remembersPeople: true });
      const { workspace, target, auditKinds } = world;
      await workspace
        .user('dev')
        .command('/elevate orders-db/admin 1h fixing stuck orders INC-42', { channel: 'access' });
      const card = await workspace.waitFor(() => workspace.messages('access-prod').at(-1), {
        what: 'the card',
        timeoutMs: 15_000,
      });
      const approve = (element: Record<string, unknown>): boolean => labelOf(element) === 'Approve';
      await Promise.all(
        Array.from({ length: CLICKS_EACH }, () =>
          ['dba', 'dba2'].map((who) => workspace.user(who).click(card, approve)),
        ).flat(),
      );
      await workspace.waitFor(() => target.holds('dev'), { what: 'the access', timeoutMs: 30_000 });
      await workspace.waitFor(async () => (await auditKinds()).includes('grant.activated'), {
        what: 'activation',
        timeoutMs: 30_000,
      });
      const reads = world.app.ports.store.reads(world.workspaceId);
      const [grant, ...more] = await reads.openGrantsOf(world.person('dev'));
      expect(grant?.roleKey).toBe('orders-db/admin');
      expect(more).toEqual([]);
      expect(await auditKinds()).toEqual([
        'request.submitted',
        'decision.approved',
        'request.approved',
        'grant.created',
        'grant.provisioning_started',
        'grant.activated',
      ]);
    },
    TIME_LIMIT_MS,
  );
});
