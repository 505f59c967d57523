import { type EffectChange, schedule } from './effect.ts';
import { startRevoking } from './grant-end.ts';
import { after, earlier, event, type Grant, type GrantCommand, later, notify, notLive, render } from './grant-state.ts';
import { byPerson, bySystem } from './person.ts';
import { refused } from './refusal.ts';
import type { Transition } from './transition.ts';

// Access that nobody uses ends early, where the role says so and its target can tell.

type Of<Type extends GrantCommand['type']> = Extract<GrantCommand, { type: Type }>;

/** How often the target is asked: ten times in the time that it may be unused, within these bounds. */
const LOOKS = 10;
const LOOK_MIN_SECONDS = 5;
const LOOK_MAX_SECONDS = 300;
/** The holder hears of it when a quarter of the time is left, 10 minutes before the end at the most. */
const WARNING_SHARE = 0.25;
const WARNING_MAX_SECONDS = 600;

/** The first look, for a grant that goes live; none where the role does not care. */
export const firstLook = (state: Grant, now: Date): EffectChange[] =>
  state.unusedAfterSeconds === null ? [] : [lookAt(state, after(now, lookSeconds(state.unusedAfterSeconds)))];

/** A session that nobody saw since it came and went between two looks is what the warning is for. */
export function observeUse(state: Grant, { usedAt }: Of<'observe_use'>, now: Date): Transition<Grant> {
  const { unusedAfterSeconds, activatedAt } = state;
  if (unusedAfterSeconds === null || activatedAt === null) return { ok: true, state, events: [], effects: [] };
  if (usedAt && usedAt > (state.usedAt ?? activatedAt)) {
    return used(state, unusedAfterSeconds, earlier(usedAt, now), now);
  }
  const endsAt = unusedEndOf(state);
  if (endsAt && now >= endsAt) {
    return startRevoking(state, bySystem('schedule'), now, { because: 'unused', reason: null, by: null });
  }
  if (endsAt) return { ok: true, state, events: [], effects: [nextLook(state, unusedAfterSeconds, endsAt, now)] };
  const warnAt = after(state.usedAt ?? activatedAt, unusedAfterSeconds - warningSeconds(unusedAfterSeconds));
  if (now < warnAt) return { ok: true, state, events: [], effects: [nextLook(state, unusedAfterSeconds, warnAt, now)] };
  const next: Grant = { ...state, unusedWarnedAt: now };
  const willEndAt = unusedEndOf(next) ?? now;
  return {
    ok: true,
    state: next,
    events: [
      event(next, now, bySystem('schedule'), {
        kind: 'grant.unused_warned',
        data: { endsAt: willEndAt.toISOString() },
      }),
    ],
    effects: [
      nextLook(next, unusedAfterSeconds, willEndAt, now),
      notify(next, 'access_unused', now),
      render(next, now),
    ],
  };
}

/**
 * When access that was warned about ends, if nobody uses it; null: nobody was warned. Nobody loses it without having been told in
 * time, however late the first look came.
 */
export function unusedEndOf(state: Grant): Date | null {
  const { unusedAfterSeconds, activatedAt, unusedWarnedAt } = state;
  if (unusedAfterSeconds === null || activatedAt === null || unusedWarnedAt === null) return null;
  const planned = after(state.usedAt ?? activatedAt, unusedAfterSeconds);
  return later(planned, after(unusedWarnedAt, warningSeconds(unusedAfterSeconds)));
}

const warningSeconds = (unusedAfterSeconds: number): number =>
  Math.min(unusedAfterSeconds * WARNING_SHARE, WARNING_MAX_SECONDS);

/** Its holder says that they use it. */
export function keep(state: Grant, { by }: Of<'keep'>, now: Date): Transition<Grant> {
  if (by.slackUserId !== state.holder.slackUserId) return refused({ code: 'not_the_requester' });
  if (state.unusedAfterSeconds === null) return notLive(state);
  const step = used(state, state.unusedAfterSeconds, now, now);
  return { ...step, events: [event(step.state, now, byPerson(by), { kind: 'grant.kept', data: {} })] };
}

function used(state: Grant, unusedAfterSeconds: number, usedAt: Date, now: Date) {
  const next: Grant = { ...state, usedAt, unusedWarnedAt: null };
  const warned = state.unusedWarnedAt !== null;
  return {
    ok: true as const,
    state: next,
    events: [],
    effects: [
      lookAt(next, after(now, lookSeconds(unusedAfterSeconds))),
      // The card and the Home say again that all is well.
      ...(warned ? [render(next, now)] : []),
    ],
  };
}

const lookAt = (state: Grant, at: Date): EffectChange => schedule({ kind: 'check_use', grantId: state.id }, at);
const nextLook = (state: Grant, unusedAfterSeconds: number, deadline: Date, now: Date): EffectChange =>
  lookAt(state, earlier(deadline, after(now, lookSeconds(unusedAfterSeconds))));
const lookSeconds = (unusedAfterSeconds: number): number =>
  Math.min(LOOK_MAX_SECONDS, Math.max(LOOK_MIN_SECONDS, unusedAfterSeconds / LOOKS));
