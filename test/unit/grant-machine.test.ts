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
import { targetKeyOf } from '../../src/domain/grant-state.ts';
import { grantId } from '../../src/domain/ids.ts';
import { aRequest, dba, dev, later, T0 } from '../support/domain.ts';

const resolved = { targetIdentity: 'pg/7', entitlementId: '16400', subjectId: '16500', key: 'pg/7|16400|16500' };

const COMMANDS: { [K in GrantCommand['type']]: Extract<GrantCommand, { type: K }> } = {
  start: { type: 'start', by: null, windowSeconds: 600 },
  offer_shorter: { type: 'offer_shorter', capSeconds: 900, rule: 'freeze', startBy: later(7_200) },
  observe_use: { type: 'observe_use', usedAt: null },
  keep: { type: 'keep', by: dev },
  note_target: { type: 'note_target', resolved },
  provision_retry: { type: 'provision_retry', error: 'connection refused' },
  activate: { type: 'activate', answer: 'GRANT ROLE', level: { set: true }, heldBefore: false },
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
    called: true,
    stillGivenBy: [],
    leftBehind: null,
    sessionsEnded: 0,
    confirmedFor: null,
  },
  removal_unproven: { type: 'removal_unproven', answer: 'removed', lookAgainAt: later(600) },
  retry_now: { type: 'retry_now', by: dba },
  resolve_unverified: { type: 'resolve_unverified', by: dba, reason: 'the server was scrapped', error: 'down' },
  confirm_gone: { type: 'confirm_gone', leftBehind: null },
  reappeared: { type: 'reappeared', found: { set: true } },
  note_drift: { type: 'note_drift', drift: { kind: 'removed_by_hand', found: null } },
  clear_drift: { type: 'clear_drift' },
  clock_went_back: { type: 'clock_went_back', bySeconds: 30 },
};

/** Where each command leads from each state; null: refused. */
const TABLE: Record<GrantStatus, Record<GrantCommand['type'], GrantStatus | null>> = {
  scheduled: row(null, { start: 'provisioning', offer_shorter: 'scheduled', end: 'ended' }),
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
    observe_use: 'active',
    keep: 'active',
    end: 'revoking',
  }),
  revoking: row(null, {
    removal_unproven: 'revoking',
    retry_now: 'revoking',
    resolve_unverified: 'ended',
    revoke_failed: 'revoking',
    sessions_ended: 'revoking',
    clock_went_back: 'revoking',
    revoked: 'ended',
  }),
  ended: row(null, { reappeared: 'revoking' }),
};

function row(
  all: null,
  some: Partial<Record<GrantCommand['type'], GrantStatus>>,
): Record<GrantCommand['type'], GrantStatus | null> {
  return {
    start: all,
    offer_shorter: all,
    observe_use: all,
    keep: all,
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

const born = (parts: Parameters<typeof aRequest>[0] = {}): Grant =>
  createGrant(grantId('grt_0000000000000001'), aRequest(parts), { url: 'by reference' }, T0).state;

/** With the role's word on use, so that every command has something to do. */
const watched = { role: { ...aRequest().role, unusedAfterSeconds: 1_800 } };

function inStatus(status: GrantStatus): Grant {
  const path: Record<GrantStatus, readonly GrantCommand[]> = {
    scheduled: [],
    provisioning: [COMMANDS.note_target],
    active: [COMMANDS.note_target, COMMANDS.activate],
    revoking: [COMMANDS.note_target, COMMANDS.activate, COMMANDS.end],
    ended: [COMMANDS.note_target, COMMANDS.activate, COMMANDS.end, COMMANDS.revoked],
  };
  const start: Grant = status === 'scheduled' ? born({ ...watched, startsAt: later(1) }) : born(watched);
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
      target: targetKeyOf(state),
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
      target: targetKeyOf(active),
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
    expect(step.ok && step.effects).toMatchObject([
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

describe('a later start', () => {
  const starting = (parts: Parameters<typeof aRequest>[0], now = T0) =>
    createGrant(grantId('grt_0000000000000001'), aRequest(parts), null, now);
  const windowed = { role: { ...aRequest().role, startWithinSeconds: 3_600 } };
  const due = (effects: ReturnType<typeof starting>['effects'], kind: string) =>
    effects.flatMap((each) => (each.change === 'schedule' && each.effect.kind === kind ? [each.dueAt] : []));
  const run = (
    state: Grant,
    command: GrantCommand,
    at: Date,
  ): Extract<ReturnType<typeof transitionGrant>, { ok: true }> => {
    const step = transitionGrant(state, command, at);
    if (!step.ok) throw new Error(`${command.type} was refused: ${step.refusal.code}`);
    return step;
  };

  it('has its revocation from the first moment on, and calls nothing before it comes', () => {
    const { state, effects } = starting({ startsAt: later(7_200) });
    expect(state).toMatchObject({ status: 'scheduled', startsAt: later(7_200), startBy: null });
    expect(due(effects, 'revoke_grant')).toEqual([later(7_200 + 600 + 3_600)]);
    expect(due(effects, 'start_grant')).toEqual([later(7_200)]);
    expect(due(effects, 'provision_grant')).toEqual([]);
  });

  it('by the clock: an early alarm is put back, and at its time it is provisioned with its end from then', () => {
    const { state } = starting({ startsAt: later(7_200) });
    expect(run(state, COMMANDS.start, later(7_000))).toMatchObject({ state, events: [] });
    expect(due([...run(state, COMMANDS.start, later(7_000)).effects], 'start_grant')).toEqual([later(7_200)]);
    // Its own alarm was an hour late, and it lasts as long as was approved.
    const begun = run(state, COMMANDS.start, later(10_800));
    expect(begun.state).toMatchObject({ status: 'provisioning', mustEndBy: later(10_800 + 600 + 3_600) });
    expect(due([...begun.effects], 'revoke_grant')).toEqual([begun.state.mustEndBy]);
    expect(due([...begun.effects], 'provision_grant')).toEqual([later(10_800)]);
  });

  it('by its holder: only they, only in time, and not what starts by itself', () => {
    const { state, effects } = starting(windowed);
    expect(state).toMatchObject({ status: 'scheduled', startBy: later(3_600) });
    expect(due(effects, 'revoke_grant')).toEqual([later(3_600 + 600 + 3_600)]);
    const press = (by: typeof dev, at: Date) => transitionGrant(state, { ...COMMANDS.start, by }, at);
    expect(press(dba, later(60))).toMatchObject({ ok: false, refusal: { code: 'not_the_requester' } });
    expect(press(dev, later(60))).toMatchObject({
      ok: true,
      state: { status: 'provisioning', mustEndBy: later(4_260) },
    });
    expect(press(dev, later(3_600))).toMatchObject({
      ok: true,
      state: { status: 'ended', endedBecause: 'not_started' },
    });
    const byItself = starting({ startsAt: later(60) }).state;
    expect(transitionGrant(byItself, { ...COMMANDS.start, by: dev }, later(30))).toMatchObject({
      ok: false,
      refusal: { code: 'grant_not_live', status: 'scheduled' },
    });
  });

  it('that nobody presses lapses, once, with a word to its holder and nothing left to do', () => {
    const { state } = starting(windowed);
    const lapsed = run(state, COMMANDS.start, later(3_600));
    expect(lapsed.state).toMatchObject({ status: 'ended', endedBecause: 'not_started' });
    expect(kinds(lapsed)).toEqual(
      expect.arrayContaining(['cancel start_grant', 'cancel revoke_grant', 'schedule notify_person']),
    );
    expect(transitionGrant(lapsed.state, COMMANDS.start, later(3_601)).ok).toBe(false);
  });

  it('is over without a start when its own alarm was lost and the revocation comes', () => {
    const { state } = starting(windowed);
    const expire = { type: 'end', because: 'expired', by: null, reason: null } as const;
    expect(run(state, expire, later(60)).state).toBe(state);
    expect(run(state, expire, state.mustEndBy).state).toMatchObject({ status: 'ended', endedBecause: 'not_started' });
  });

  it('of which a guardrail leaves less is offered, and given only when its holder says so', () => {
    const { state } = starting({ startsAt: later(60) });
    const offered = run(state, COMMANDS.offer_shorter, later(60));
    expect(offered.state).toMatchObject({ status: 'scheduled', offeredSeconds: 900, startBy: later(7_200) });
    expect(due([...offered.effects], 'revoke_grant')).toEqual([offered.state.mustEndBy]);
    const begun = run(offered.state, { ...COMMANDS.start, by: dev }, later(120));
    expect(begun.state).toMatchObject({
      durationSeconds: 900,
      offeredSeconds: null,
      mustEndBy: later(120 + 600 + 900),
    });
  });

  it('never ends later than was asked, however late it begins', () => {
    const { state } = starting({ endsBy: later(1_800) });
    expect(state).toMatchObject({ status: 'provisioning', mustEndBy: later(1_800) });
    const noted = run(state, COMMANDS.note_target, later(600)).state;
    expect(run(noted, COMMANDS.activate, later(600)).state.endsAt).toEqual(later(1_800));
    const late = starting({ endsBy: later(1_800), startsAt: later(60) }).state;
    expect(run(late, COMMANDS.start, later(1_700)).state.mustEndBy).toEqual(later(1_800));
  });

  it('does not hold up an emergency', () => {
    const breakGlass = { reviewWithinSeconds: 60, reviewers: [], told: [], review: null };
    expect(starting({ ...windowed, breakGlass }).state.status).toBe('provisioning');
  });
});

describe('access that nobody uses', () => {
  const live = (): Grant => inStatus('active');
  const look = (state: Grant, at: number, usedAt: Date | null = null) => {
    const step = transitionGrant(state, { type: 'observe_use', usedAt }, later(at));
    if (!step.ok) throw new Error('refused');
    return step;
  };
  const next = (step: ReturnType<typeof look>) =>
    step.effects.flatMap((each) =>
      each.change === 'schedule' && each.effect.kind === 'check_use' ? [each.dueAt] : [],
    );

  it('is looked at from the moment it is live, where the role says so', () => {
    const noted = transitionGrant(born(watched), COMMANDS.note_target, later(1));
    if (!noted.ok) throw new Error('refused');
    expect(kinds(transitionGrant(noted.state, COMMANDS.activate, later(1)))).toContain('schedule check_use');
    const other = transitionGrant(born(), COMMANDS.note_target, later(1));
    if (!other.ok) throw new Error('refused');
    expect(kinds(transitionGrant(other.state, COMMANDS.activate, later(1)))).not.toContain('schedule check_use');
  });

  it('is warned about a quarter of the time before it ends, and then ends', () => {
    const early = look(live(), 181);
    expect([early.events, next(early)]).toEqual([[], [later(361)]]);
    const warned = look(live(), 1_351);
    expect(warned.events.map((each) => each.kind)).toEqual(['grant.unused_warned']);
    expect(kinds(warned)).toContain('schedule notify_person');
    expect(next(look(warned.state, 1_700))).toEqual([later(1_801)]);
    const over = look(warned.state, 1_801);
    expect(over.state).toMatchObject({ status: 'revoking', endedBecause: 'unused' });
  });

  it('does not end without a warning in time, however late the first look was', () => {
    const warned = look(live(), 5_000);
    expect(warned.state.status).toBe('active');
    expect(next(warned)).toEqual([later(5_180)]);
    expect(look(warned.state, 5_400).state.status).toBe('active');
    expect(look(warned.state, 5_450).state).toMatchObject({ status: 'revoking', endedBecause: 'unused' });
  });

  it('is kept by use, or by a word of its holder, and counts from there', () => {
    const warned = look(live(), 1_351).state;
    expect(look(warned, 1_600, later(1_600)).state).toMatchObject({ usedAt: later(1_600), unusedWarnedAt: null });
    const kept = transitionGrant(warned, COMMANDS.keep, later(1_600));
    if (!kept.ok) throw new Error('refused');
    expect(kept.events.map((each) => each.kind)).toEqual(['grant.kept']);
    expect(look(kept.state, 1_801).state.status).toBe('active');
    expect(look(kept.state, 1_600 + 1_350).state.unusedWarnedAt).not.toBeNull();
    expect(transitionGrant(warned, { type: 'keep', by: dba }, later(1_600)).ok).toBe(false);
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

  /** Every way in which a grant begins. */
  const asks = fc.constantFrom<Parameters<typeof aRequest>[0]>(
    {},
    watched,
    { startsAt: later(3_000) },
    { endsBy: later(4_000) },
    { startsAt: later(3_000), endsBy: later(5_000) },
    { role: { ...watched.role, startWithinSeconds: 7_200 } },
  );

  it('reaches a state where access may exist and no revocation is scheduled', () => {
    fc.assert(
      fc.property(steps, asks, (sequence, ask) => {
        let now = T0;
        const start = createGrant(grantId('grt_0000000000000001'), aRequest(ask), null, now);
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
          // What has not begun can be started at any moment, so its revocation has to be there as well.
          if (mayExist(state) || state.status === 'scheduled') {
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
