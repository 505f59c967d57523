import type { NewAuditEvent } from './audit.ts';
import { cancel, type Effect, type EffectChange, schedule } from './effect.ts';
import type { SlackUserId, WorkspaceId } from './ids.ts';
import { type Actor, byPerson, bySystem, type PersonRef, refOf } from './person.ts';
import type { LookupFailure } from './policy/lookup.ts';
import { type Refusal, refused } from './refusal.ts';

/** Somebody is away until then. Nobody decides in their place a moment longer; that it is over is noted soon after. */
export interface Delegation {
  readonly workspaceId: WorkspaceId;
  readonly person: PersonRef;
  /** Who decides in their place, where the policy lets their group hand that over; null: nobody, and they are only not mentioned. */
  readonly to: PersonRef | null;
  readonly since: Date;
  readonly until: Date;
  /** When its end was noted; null: not yet. */
  readonly endedAt: Date | null;
}

export const stillAway = ({ until, endedAt }: Delegation, now: Date): boolean => endedAt === null && until > now;

/** The longest time that can be said at once: whoever is away for longer should leave the group. */
export const AWAY_MAX_SECONDS = 60 * 86_400;

export interface GoingAway {
  readonly person: PersonRef;
  readonly to: PersonRef | null;
  readonly until: Date;
  /** Whether any group of the person lets its members hand over. */
  readonly mayHandOver: boolean;
  /** A group of theirs that could not be looked up, with why; null: all of them could. */
  readonly unavailable: LookupFailure | null;
  /** What they said last. */
  readonly before: Delegation | null;
}

interface Stepped {
  readonly ok: true;
  readonly state: Delegation;
  readonly events: NewAuditEvent[];
  readonly effects: EffectChange[];
}
type Step = Stepped | { readonly ok: false; readonly refusal: Refusal };

export function goAway(workspaceId: WorkspaceId, going: GoingAway, now: Date): Step {
  const { person, to, until, mayHandOver, unavailable, before } = going;
  if (until <= now) return refused({ code: 'away_in_the_past' });
  if (until.getTime() - now.getTime() > AWAY_MAX_SECONDS * 1000)
    return refused({ code: 'away_too_long', maxSeconds: AWAY_MAX_SECONDS });
  if (to?.slackUserId === person.slackUserId) return refused({ code: 'away_to_oneself' });
  if (to !== null && !mayHandOver) return refused({ code: 'may_not_hand_over', unavailable });
  const state: Delegation = {
    workspaceId,
    person: refOf(person),
    to: to && refOf(to),
    since: now,
    until,
    endedAt: null,
  };
  const replaced = before && before.endedAt === null ? comeBack(before, now).events : [];
  return {
    ok: true,
    state,
    events: [
      ...replaced,
      {
        kind: 'delegation.started',
        data: { until: until.toISOString(), ...toWhom(to) },
        at: now,
        actor: byPerson(person),
        requestId: null,
        grantId: null,
      },
    ],
    effects: [
      schedule(endOf(state), until),
      ...(to === null ? [] : [schedule({ kind: 'announce_delegation', workspaceId, person: person.slackUserId }, now)]),
    ],
  };
}

/** Back before the time was over, or at its time. */
export function comeBack(state: Delegation, now: Date): Stepped {
  const { person, to, until } = state;
  const actor: Actor = until > now ? byPerson(person) : bySystem('schedule');
  const data = { until: until.toISOString(), ...toWhom(to) };
  return {
    ok: true,
    state: { ...state, endedAt: now },
    events: [{ kind: 'delegation.ended', data, at: now, actor, requestId: null, grantId: null }],
    effects: [cancel(endOf(state))],
  };
}

const endOf = ({ workspaceId, person }: Delegation): Effect => ({
  kind: 'end_delegation',
  workspaceId,
  person: person.slackUserId,
});

/** How an audit event names the one who decides meanwhile. */
const toWhom = (person: PersonRef | null) =>
  person === null ? {} : { to: { id: person.slackUserId, email: person.email, name: person.name } };

export const isAway = (delegations: readonly Delegation[], user: SlackUserId): boolean =>
  delegations.some(({ person }) => person.slackUserId === user);
