import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { effectKey } from '../../src/domain/effect.ts';
import {
  createGrant,
  type Grant,
  type GrantCommand,
  type GrantStatus,
  mayExist,
  transitionGrant,
} from '../../src/domain/grant.ts';
import { grantId } from '../../src/domain/ids.ts';
import { aRequest, dba, dev, later, T0 } from '../support/domain.ts';

const resolved = { targetIdentity: 'pg/7', entitlementId: '16400', subjectId: '16500', key: 'pg/7|16400|16500' };

const COMMANDS: { [K in GrantCommand['type']]: Extract<GrantCommand, { type: K }> } = {
  note_target: { type: 'note_target', resolved, heldBefore: false },
  provision_retry: { type: 'provision_retry', error: 'connection refused' },
  activate: { type: 'activate', answer: 'GRANT ROLE', level: { set: true } },
  provision_fail: { type: 'provision_fail', error: 'permission denied' },
  extend: { type: 'extend', seconds: 1800, by: aRequest() },
  announce_expiry: { type: 'announce_expiry' },
  end: { type: 'end', because: 'returned', by: dev, reason: null },
  revoke_failed: { type: 'revoke_failed', error: 'down', errorKind: 'transient', retryAt: later(60) },
  sessions_ended: { type: 'sessions_ended', sessions: 2 },
  revoked: {
    type: 'revoked',
    answer: 'REVOKE ROLE',
    keptFor: null,
    leftBehind: null,
    sessionsEnded: 0,
    confirmedFor: null,
  },
  removal_unproven: { type: 'removal_unproven', answer: 'removed', lookAgainAt: later(600) },
  retry_now: { type: 'retry_now', by: dba },
  resolve_unverified: { type: 'resolve_unverified', by: dba, reason: 'the server was scrapped', error: 'down' },
  confirm_gone: { type: 'confirm_gone' },
  reappeared: { type: 'reappeared', found: { set: true } },
  note_drift: { type: 'note_drift', drift: { kind: 'removed_by_hand', found: null } },
  clear_drift: { type: 'clear_drift' },
  clock_went_back: { type: 'clock_went_back', bySeconds: 30 },
};

/** Where each command leads from each state; null: refused. */
const TABLE: Record<GrantStatus, Record<GrantCommand['type'], GrantStatus | null>> = {
  scheduled: row(null, { end: 'revoking' }),
  provisioning: row(null, {
    note_target: 'provisioning',
    provision_retry: 'provisioning',
    activate: 'active',
    provision_fail: 'revoking',
    end: 'revoking',
    clock_went_back: 'provisioning',
  }),
  active: row(null, {
    note_drift: 'active',
    clock_went_back: 'active',
    extend: 'active',
    announce_expiry: 'active',
    end: 'revoking',
  }),
  revoking: row(null, {
    removal_unproven: 'revoking',
    retry_now: 'revoking',
    resolve_unverified: 'ended',
    revoke_failed: 'revoking',
    sessions_ended: 'revoking',
    revoked: 'ended',
  }),
  ended: row(null, { reappeared: 'revoking' }),
};

function row(
  all: null,
  some: Partial<Record<GrantCommand['type'], GrantStatus>>,
): Record<GrantCommand['type'], GrantStatus | null> {
  return {
    note_target: all,
    provision_retry: all,
    activate: all,
    provision_fail: all,
    extend: all,
    announce_expiry: all,
    end: all,
    revoke_failed: all,
    sessions_ended: all,
    revoked: all,
    removal_unproven: all,
    retry_now: all,
    resolve_unverified: all,
    confirm_gone: all,
    reappeared: all,
    note_drift: all,
    clear_drift: all,
    clock_went_back: all,
    ...some,
  };
}

const born = (): Grant => createGrant(grantId('grt_0000000000000001'), aRequest(), { url: 'by reference' }, T0).state;

function inStatus(status: GrantStatus): Grant {
  const path: Record<GrantStatus, readonly GrantCommand[]> = {
    scheduled: [],
    provisioning: [COMMANDS.note_target],
    active: [COMMANDS.note_target, COMMANDS.activate],
    revoking: [COMMANDS.note_target, COMMANDS.activate, COMMANDS.end],
    ended: [COMMANDS.note_target, COMMANDS.activate, COMMANDS.end, COMMANDS.revoked],
  };
  const start: Grant = status === 'scheduled' ? { ...born(), status } : born();
  return path[status].reduce((state, command) => {
    const step = transitionGrant(state, command, later(1));
    if (!step.ok) throw new Error(`${command.type} was refused in ${state.status}`);
    return step.state;
  }, start);
}

describe('every state and every command', () => {
  for (const [status, commands] of Object.entries(TABLE) as [GrantStatus, (typeof TABLE)[GrantStatus]][]) {
    for (const [type, target] of Object.entries(commands) as [GrantCommand['type'], GrantStatus | null][]) {
      it(`${status} × ${type} -> ${target ?? 'refused'}`, () => {
        const step = transitionGrant(inStatus(status), COMMANDS[type], later(2));
        if (target === null) {
          expect(step).toEqual({ ok: false, refusal: { code: 'grant_not_live', grantId: born().id, status } });
        } else {
          expect(step.ok && step.state.status).toBe(target);
        }
      });
    }
  }
});

describe('the end', () => {
  it('is scheduled before anything else can happen, at the latest moment the access may exist', () => {
    const { state, effects } = createGrant(
      grantId('grt_0000000000000001'),
      aRequest({ durationSeconds: 3600 }),
      null,
      T0,
    );
    expect(state.mustEndBy).toEqual(later(600 + 3600));
    expect(effects).toContainEqual({
      change: 'schedule',
      effect: { kind: 'revoke_grant', grantId: state.id },
      dueAt: state.mustEndBy,
      urgency: 0,
    });
  });

  it('moves to activation + duration once the access is live', () => {
    const noted = transitionGrant(born(), COMMANDS.note_target, later(1));
    const step = noted.ok ? transitionGrant(noted.state, COMMANDS.activate, later(5)) : noted;
    expect(step.ok && step.state.endsAt).toEqual(later(5 + 3600));
  });

  it('is never later than mustEndBy, even when going live took the whole window', () => {
    const noted = transitionGrant(born(), COMMANDS.note_target, later(1));
    const step = noted.ok ? transitionGrant(noted.state, COMMANDS.activate, later(700)) : noted;
    expect(step.ok && step.state.endsAt).toEqual(born().mustEndBy);
  });

  it('moves by what an extension gives, together with its revocation, its notice and the latest end there can be', () => {
    const active = inStatus('active');
    const step = transitionGrant(active, COMMANDS.extend, later(60));
    if (!step.ok || !active.endsAt) throw new Error('refused');
    const endsAt = new Date(active.endsAt.getTime() + 1_800_000);
    expect(step.state).toMatchObject({ endsAt, extensions: 1, durationSeconds: 3600 + 1800 });
    expect(step.state.mustEndBy.getTime()).toBeGreaterThanOrEqual(endsAt.getTime());
    expect(step.effects).toContainEqual({
      change: 'schedule',
      effect: { kind: 'revoke_grant', grantId: active.id },
      dueAt: endsAt,
      urgency: 0,
    });
    expect(step.effects.map((each) => each.effect.kind)).toContain('announce_expiry');
  });

  it('is not moved once it is here, whoever was late', () => {
    const active = inStatus('active');
    expect(transitionGrant(active, COMMANDS.extend, active.endsAt ?? T0)).toEqual({
      ok: false,
      refusal: { code: 'grant_not_live', grantId: active.id, status: 'revoking' },
    });
  });

  it('cannot be announced for an access whose ids were never noted', () => {
    expect(transitionGrant(born(), COMMANDS.activate, later(5)).ok).toBe(false);
  });

  it('does not come before its time: an early alarm is put back', () => {
    const active = inStatus('active');
    const step = transitionGrant(active, { type: 'end', because: 'expired', by: null, reason: null }, later(10));
    expect(step.ok && step.state.status).toBe('active');
    expect(step.ok && step.effects).toEqual([
      { change: 'schedule', effect: { kind: 'revoke_grant', grantId: active.id }, dueAt: active.endsAt, urgency: 0 },
    ]);
  });

  it('of a provisioning that never finished says so', () => {
    const step = transitionGrant(born(), { type: 'end', because: 'expired', by: null, reason: null }, later(5000));
    expect(step.ok && step.state.endedBecause).toBe('provisioning_failed');
  });

  it('tells the security channel at the first failure, and only once', () => {
    const first = transitionGrant(inStatus('revoking'), COMMANDS.revoke_failed, later(10));
    if (!first.ok) throw new Error('refused');
    const alerts = (effects: typeof first.effects) => effects.filter((each) => each.effect.kind === 'alert_revocation');
    expect(alerts(first.effects)).toHaveLength(1);
    const second = transitionGrant(first.state, COMMANDS.revoke_failed, later(11));
    expect(second.ok && alerts(second.effects)).toHaveLength(0);
    expect(second.ok && second.state.attempts).toBe(2);
  });
});

const kinds = (step: ReturnType<typeof transitionGrant>): string[] =>
  step.ok ? step.effects.map((each) => `${each.change} ${each.effect.kind}`) : [];

describe('when it fails', () => {
  const failed = (errorKind: 'transient' | 'permanent') => ({ ...COMMANDS.revoke_failed, errorKind });
  const tried = (state: Grant, command: GrantCommand): Grant => {
    const step = transitionGrant(state, command, later(20));
    if (!step.ok) throw new Error(`${command.type} was refused`);
    return step.state;
  };

  it('a permanent error goes to a person at once, also when the first error was another', () => {
    const once = tried(inStatus('revoking'), failed('transient'));
    expect(kinds(transitionGrant(once, failed('transient'), later(21)))).not.toContain('schedule alert_revocation');
    expect(kinds(transitionGrant(once, failed('permanent'), later(21)))).toContain('schedule alert_revocation');
    const permanent = tried(once, failed('permanent'));
    expect(kinds(transitionGrant(permanent, failed('permanent'), later(22)))).not.toContain(
      'schedule alert_revocation',
    );
  });

  it('whoever was alarmed hears how it ended, and nobody else', () => {
    const alert = 'schedule alert_revocation';
    expect(kinds(transitionGrant(inStatus('revoking'), COMMANDS.revoked, later(30)))).not.toContain(alert);
    const once = tried(inStatus('revoking'), failed('transient'));
    expect(kinds(transitionGrant(once, COMMANDS.revoked, later(30)))).toContain(alert);
    const again = tried(inStatus('ended'), COMMANDS.reappeared);
    expect(kinds(transitionGrant(again, COMMANDS.revoked, later(30)))).toContain(alert);
  });

  it('resolved on a word goes on being watched until the target says so', () => {
    const step = transitionGrant(inStatus('revoking'), COMMANDS.resolve_unverified, later(30));
    expect(kinds(step)).toEqual(expect.arrayContaining(['schedule watch_grant', 'cancel revoke_grant']));
    const resolved = tried(inStatus('revoking'), COMMANDS.resolve_unverified);
    expect(resolved).toMatchObject({ endedBecause: 'resolved_unverified', endRequestedBy: dba });
    expect(kinds(transitionGrant(resolved, COMMANDS.confirm_gone, later(40)))).toContain('cancel watch_grant');
    const again = transitionGrant(resolved, COMMANDS.reappeared, later(40));
    expect(kinds(again)).toEqual(expect.arrayContaining(['cancel watch_grant', 'schedule revoke_grant']));
  });

  it('a retry by hand comes now, and doubt comes at its time without an alarm', () => {
    const retried = transitionGrant(inStatus('revoking'), COMMANDS.retry_now, later(30));
    const revoke = { kind: 'revoke_grant', grantId: born().id };
    expect(retried.ok && retried.effects).toContainEqual(expect.objectContaining({ effect: revoke, dueAt: later(30) }));
    const doubted = transitionGrant(inStatus('revoking'), COMMANDS.removal_unproven, later(30));
    expect(doubted.ok && doubted.effects).toContainEqual(
      expect.objectContaining({ effect: revoke, dueAt: later(600) }),
    );
    expect(kinds(doubted)).not.toContain('schedule alert_revocation');
  });

  it('the most privileged comes first of what is overdue', () => {
    const urgency = (risk: 'low' | 'high') => {
      const made = createGrant(grantId('grt_1'), aRequest({ role: { ...aRequest().role, risk } }), null, T0);
      return made.effects.flatMap((each) =>
        each.effect.kind === 'revoke_grant' && each.change === 'schedule' ? [each.urgency] : [],
      );
    };
    expect(urgency('high')[0]).toBeLessThan(urgency('low')[0] ?? 0);
  });
});

describe('drift', () => {
  it('is a flag of a live grant, told once, gone with the grant', () => {
    const flagged = transitionGrant(inStatus('active'), COMMANDS.note_drift, later(20));
    if (!flagged.ok) throw new Error('refused');
    expect(flagged.state).toMatchObject({ status: 'active', drift: { kind: 'removed_by_hand' } });
    expect(kinds(flagged)).toContain('schedule notify_person');
    const twice = transitionGrant(flagged.state, COMMANDS.note_drift, later(21));
    expect(twice.ok && [twice.events, twice.effects]).toEqual([[], []]);
    const ended = transitionGrant(flagged.state, COMMANDS.end, later(22));
    expect(ended.ok && ended.state.drift).toBeNull();
    const cleared = transitionGrant(flagged.state, COMMANDS.clear_drift, later(22));
    expect(cleared.ok && cleared.state.drift).toBeNull();
  });
});

describe('no sequence of commands', () => {
  const command: fc.Arbitrary<GrantCommand> = fc.oneof(
    fc.constantFrom(...Object.values(COMMANDS)),
    fc.record({
      type: fc.constant('end' as const),
      because: fc.constantFrom('expired' as const, 'revoked' as const, 'unused' as const),
      by: fc.constantFrom(dev, null),
      reason: fc.constant(null),
    }),
  );
  const steps = fc.array(fc.record({ command, afterSeconds: fc.integer({ min: 0, max: 6000 }) }), { maxLength: 25 });

  it('reaches a state where access may exist and no revocation is scheduled', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        let now = T0;
        const start = createGrant(grantId('grt_0000000000000001'), aRequest(), null, now);
        let { state } = start;
        let confirmed = false;
        const pending = new Map<string, Date>();
        const apply = (effects: typeof start.effects) => {
          for (const each of effects) {
            if (each.change === 'schedule') pending.set(effectKey(each.effect), each.dueAt);
            else pending.delete(effectKey(each.effect));
          }
        };
        apply(start.effects);
        for (const { command, afterSeconds } of sequence) {
          now = new Date(now.getTime() + afterSeconds * 1000);
          const step = transitionGrant(state, command, now);
          if (!step.ok) continue;
          state = step.state;
          apply([...step.effects]);
          const due = pending.get(effectKey({ kind: 'revoke_grant', grantId: state.id }));
          const unproven = state.status === 'ended' && state.endedBecause === 'resolved_unverified';
          const watched = pending.has(effectKey({ kind: 'watch_grant', grantId: state.id }));
          if (command.type !== 'confirm_gone' && unproven) expect(watched || confirmed).toBe(true);
          confirmed = unproven && (confirmed || command.type === 'confirm_gone');
          if (mayExist(state)) {
            expect(due).toBeDefined();
            if (state.status !== 'revoking') expect(due?.getTime()).toBeLessThanOrEqual(state.mustEndBy.getTime());
          }
          if (state.endsAt) expect(state.endsAt.getTime()).toBeLessThanOrEqual(state.mustEndBy.getTime());
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves ended, but for access that the target shows again', () => {
    fc.assert(
      fc.property(command, (any) => {
        const step = transitionGrant(inStatus('ended'), any, later(10));
        expect(step.ok).toBe(any.type === 'reappeared');
      }),
    );
  });

  it('gives more time than was approved when the clock goes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (bySeconds) => {
        const active = inStatus('active');
        const step = transitionGrant(active, { type: 'clock_went_back', bySeconds }, later(10));
        if (!step.ok) throw new Error('refused');
        expect(step.state.endsAt?.getTime()).toBe((active.endsAt?.getTime() ?? 0) - bySeconds * 1000);
        expect(step.state.mustEndBy.getTime()).toBe(active.mustEndBy.getTime() - bySeconds * 1000);
      }),
    );
  });
});
