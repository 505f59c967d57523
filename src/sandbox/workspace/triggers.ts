import { randomBytes } from 'node:crypto';

/** Slack's page "Modals": a trigger_id lives three seconds and is good for one view. */
export const triggerLifeMs = 3000;

interface Trigger {
  readonly userId: string;
  readonly viewId: string | undefined;
  readonly madeAtMs: number;
  used: boolean;
}

export type Exchange = { ok: true; userId: string; viewId: string | undefined } | { ok: false; error: string };

export type Triggers = ReturnType<typeof createTriggers>;

/**
 * Trigger ids, ours rather than emulate's: that one counts whole seconds, and knows nothing of a stack that was closed.
 * Errors are those of Slack's page "views.open".
 */
export function createTriggers(life: () => number) {
  const triggers = new Map<string, Trigger>();
  return {
    make(userId: string, viewId?: string): string {
      const id = `${Math.floor(Date.now() / 1000)}.${Date.now() % 1_000_000}.${randomBytes(16).toString('hex')}`;
      triggers.set(id, { userId, viewId, madeAtMs: Date.now(), used: false });
      return id;
    },
    exchange(id: string): Exchange {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
      if (trigger.used) return { ok: false, error: 'exchanged_trigger_id' };
      if (Date.now() - trigger.madeAtMs > life()) return { ok: false, error: 'expired_trigger_id' };
      trigger.used = true;
      return { ok: true, userId: trigger.userId, viewId: trigger.viewId };
    },
  };
}
