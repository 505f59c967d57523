import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EffectKind } from '../../src/domain/effect.ts';
import { alarmOf } from '../../src/jobs/definitions.ts';
import { SCREEN_YIELDS_MS } from '../../src/jobs/limits.ts';
import { createLocalClock } from '../../src/jobs/local-clock.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A clock whose work ends when the test says so. */
function start() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const clock = createLocalClock(({ name }) => {
    begun.push(name);
    return new Promise((resolve) => ends.set(name, resolve));
  });
  const keep = (kind: EffectKind, delayMs = 0): void =>
    clock.keep(alarmOf({ key: kind, generation: 1, kind, target: null }), delayMs);
  const end = async (kind: EffectKind): Promise<void> => {
    ends.get(kind)?.();
    await jest.advanceTimersByTimeAsync(0);
  };
  return { clock, begun, keep, end };
}

describe('the clock of this process', () => {
  it('rings at the time and never before it', async () => {
    const { begun, keep } = start();
    keep('revoke_grant', 100);
    await jest.advanceTimersByTimeAsync(99);
    expect(begun).toEqual([]);
    await jest.advanceTimersByTimeAsync(10);
    expect(begun).toEqual(['revoke_grant']);
  });

  it('lets the screen wait until the access in hand is done', async () => {
    const { begun, keep, end } = start();
    keep('provision_grant');
    keep('render_card');
    keep('notify_person');
    keep('expire_request');
    await jest.advanceTimersByTimeAsync(SCREEN_YIELDS_MS - 1);
    expect(begun).toEqual(['provision_grant', 'expire_request']);
    await end('provision_grant');
    expect(begun).toEqual(['provision_grant', 'expire_request', 'render_card', 'notify_person']);
  });

  it('does not let it wait for long', async () => {
    const { begun, keep } = start();
    keep('provision_grant');
    keep('render_card');
    await jest.advanceTimersByTimeAsync(SCREEN_YIELDS_MS);
    expect(begun).toEqual(['provision_grant', 'render_card']);
  });

  it('returns at its stop what nobody else has an alarm for', async () => {
    const { clock, keep } = start();
    const hands = clock.freeHands('deadlines');
    const deadline = (name: string) => alarmOf({ key: name, generation: 1, kind: 'expire_request', target: null });
    for (let n = 0; n <= hands; n += 1) clock.keep(deadline(`${n}`), 0);
    keep('revoke_grant', 500);
    clock.keep(deadline('in the queue'), 500, true);
    await jest.advanceTimersByTimeAsync(100);
    const left = clock.stop().map(({ alarm, delayMs }) => [alarm.name, delayMs]);
    expect(left).toEqual([
      [`${hands}`, 0],
      ['revoke_grant', expect.any(Number)],
    ]);
    const [, [, laterMs = 0] = []] = left;
    expect(Number(laterMs)).toBeGreaterThan(300);
    expect(Number(laterMs)).toBeLessThan(410);
  });

  it('begins nothing after its stop', async () => {
    const { clock, begun, keep } = start();
    keep('provision_grant');
    keep('render_card');
    keep('revoke_grant', 10);
    clock.stop();
    await jest.advanceTimersByTimeAsync(SCREEN_YIELDS_MS * 2);
    expect(begun).toEqual(['provision_grant']);
  });
});
