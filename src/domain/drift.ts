import { createHash } from 'node:crypto';
import type { NewAuditEvent } from './audit.ts';
import { type EffectChange, schedule } from './effect.ts';
import type { GrantId, SlackUserId, WorkspaceId } from './ids.ts';
import { canonicalJson, type Json } from './json.ts';
import { type Actor, byPerson, bySystem, type PersonRef, refOf } from './person.ts';
import { refused } from './refusal.ts';
import type { DriftKind } from './status.ts';
import type { Transition } from './transition.ts';

/** One thing on a target that is not as we granted it. What concerns a live grant is a flag of the grant instead. */
export interface Drift {
  /** `drf_` and 16 hex digits, made from what it is about, so that the same finding is the same row. */
  readonly id: string;
  readonly workspaceId: WorkspaceId;
  /** The entitlement it was found on: `KnownSystem.id`. */
  readonly system: string;
  readonly kind: DriftKind;
  readonly connector: string;
  readonly entitlement: Json;
  readonly accessKey: string;
  readonly subjectId: string;
  readonly subject: string;
  readonly grantor: string;
  /** Whether our own grantor gave it: only that can be taken away from here. */
  readonly ours: boolean;
  readonly level: Json;
  /** The live or ended grant that it is about; null: none of ours. */
  readonly grantId: GrantId | null;
  /** open: waits for somebody · accepted, ignored: until `untilAt` · revoking: somebody wants it gone · closed: no longer there. */
  readonly status: 'open' | 'accepted' | 'ignored' | 'revoking' | 'closed';
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** When a card first showed it; null: nobody has seen it yet, so that nothing may be taken away for it. */
  readonly shownAt: Date | null;
  readonly untilAt: Date | null;
  /** Who answers for accepted access. */
  readonly owner: SlackUserId | null;
  readonly decidedBy: PersonRef | null;
  readonly lastError: string | null;
}

export type DriftSighting = Pick<
  Drift,
  | 'workspaceId'
  | 'system'
  | 'kind'
  | 'connector'
  | 'entitlement'
  | 'accessKey'
  | 'subjectId'
  | 'subject'
  | 'grantor'
  | 'ours'
  | 'level'
  | 'grantId'
>;

export type DriftDecision =
  | { readonly type: 'accept'; readonly by: PersonRef; readonly owner: SlackUserId; readonly reviewAt: Date }
  | { readonly type: 'ignore'; readonly by: PersonRef; readonly until: Date }
  | { readonly type: 'revoke'; readonly by: PersonRef };

/** The longest that drift can be accepted or ignored before somebody looks again. */
export const MAX_REVIEW_SECONDS = 366 * 24 * 3600;

export function driftId(sighting: Pick<DriftSighting, 'workspaceId' | 'accessKey' | 'grantor'>): string {
  const name = JSON.stringify([sighting.workspaceId, sighting.accessKey, sighting.grantor]);
  return `drf_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/**
 * What a run saw, on top of what is known of it; null: nothing new. Accepted or ignored, it stays so until its time, or until it is
 * another level than that.
 */
export function sight(known: Drift | null, seen: DriftSighting, now: Date): Change | null {
  const changed = known !== null && canonicalJson(known.level) !== canonicalJson(seen.level);
  const settled = isSettled(known);
  const stillSettled = settled && !changed && known?.untilAt != null && now < known.untilAt;
  if (known && (stillSettled || known.status === 'revoking')) return null;
  if (known?.status === 'open' && !changed && known.kind === seen.kind) return null;
  const state: Drift = {
    ...seen,
    id: driftId(seen),
    kind: settled && changed ? 'gained_more' : seen.kind,
    status: 'open',
    firstSeenAt: now,
    lastSeenAt: now,
    shownAt: null,
    untilAt: null,
    owner: null,
    decidedBy: null,
    lastError: null,
  };
  return {
    state,
    events: [
      event(now, bySystem('reconciler'), {
        kind: 'drift.found',
        data: { ...factOf(state), grantor: state.grantor, level: state.level },
      }),
    ],
    effects: [renderDrift(state, now)],
  };
}

/** A person's answer, which is the first. Whether the person may give it was looked up before. */
export function decide(state: Drift, decision: DriftDecision, now: Date): Transition<Drift> {
  if (state.status === 'closed') return refused({ code: 'drift_closed' });
  if (state.status !== 'open') return refused({ code: 'drift_decided', status: state.status, by: state.decidedBy });
  const decidedBy = refOf(decision.by);
  const by = byPerson(decision.by);
  switch (decision.type) {
    case 'accept': {
      if (!isReviewDate(decision.reviewAt, now)) return refused({ code: 'review_date_invalid' });
      const { owner, reviewAt } = decision;
      const next: Drift = { ...state, status: 'accepted', owner, untilAt: reviewAt, decidedBy, lastError: null };
      const data = { ...factOf(state), owner, reviewAt: reviewAt.toISOString() };
      return { ok: true, ...step(next, now, event(now, by, { kind: 'drift.accepted', data })) };
    }
    case 'ignore': {
      if (!isReviewDate(decision.until, now)) return refused({ code: 'review_date_invalid' });
      const untilAt = decision.until;
      const next: Drift = { ...state, status: 'ignored', owner: null, untilAt, decidedBy, lastError: null };
      const data = { ...factOf(state), until: decision.until.toISOString() };
      return { ok: true, ...step(next, now, event(now, by, { kind: 'drift.ignored', data })) };
    }
    case 'revoke': {
      // No target lets us take away what another grantor gave; saying so beats a button that does nothing.
      if (!state.ours) return refused({ code: 'drift_not_ours', grantor: state.grantor });
      const next: Drift = { ...state, status: 'revoking', untilAt: null, owner: null, decidedBy };
      const made = step(next, now, event(now, by, { kind: 'drift.revocation_requested', data: factOf(state) }));
      const reconcile = schedule({ kind: 'reconcile', workspaceId: state.workspaceId }, now);
      return { ok: true, ...made, effects: [...made.effects, reconcile] };
    }
  }
}

/** Somebody has said that it may stay, for so long. */
export const isSettled = (state: Drift | null | undefined): boolean =>
  state?.status === 'accepted' || state?.status === 'ignored';

/**
 * Whether it may be taken away now: somebody said so, or it is our own grantor's with no grant to it, was shown, and nobody has accepted it
 * since.
 */
export const isRipe = (state: Drift): boolean =>
  state.status === 'revoking' || (state.status === 'open' && state.kind === 'unrecorded' && state.shownAt !== null);

/** The reconciler begins to take it away; from here on it is too late to accept it. Before the first call to the target. */
export function beginTakingAway(state: Drift, now: Date): Change {
  if (state.status === 'revoking') return quiet(state);
  const next: Drift = { ...state, status: 'revoking' };
  // Tried before: the audit has it once.
  if (state.lastError !== null) return quiet(next);
  const fact = { kind: 'drift.revocation_requested', data: factOf(state) } as const;
  return { state: next, events: [event(now, bySystem('reconciler'), fact)], effects: [] };
}

/** It is no longer there: taken away by us (`answer`), or by somebody else. */
export function close(state: Drift, answer: string | null, now: Date): Change {
  const next: Drift = { ...state, status: 'closed', lastError: null };
  const fact = factOf(state);
  return step(
    next,
    now,
    event(
      now,
      bySystem('reconciler'),
      answer === null ? { kind: 'drift.closed', data: fact } : { kind: 'drift.revoked', data: { ...fact, answer } },
    ),
  );
}

/** It could not be taken away; the next run tries again, and the card says so. What nobody had decided may be decided again. */
export function failed(state: Drift, error: string, now: Date): Change {
  const status = state.status === 'revoking' && state.decidedBy === null ? 'open' : state.status;
  const next: Drift = { ...state, status, lastError: error };
  return { state: next, events: [], effects: state.lastError === error ? [] : [renderDrift(state, now)] };
}

export interface Change {
  readonly state: Drift;
  readonly events: readonly NewAuditEvent[];
  readonly effects: readonly EffectChange[];
}

const quiet = (state: Drift): Change => ({ state, events: [], effects: [] });
const step = (state: Drift, now: Date, happened: NewAuditEvent): Change => ({
  state,
  events: [happened],
  effects: [renderDrift(state, now)],
});

const isReviewDate = (at: Date, now: Date): boolean =>
  at > now && at.getTime() - now.getTime() <= MAX_REVIEW_SECONDS * 1000;

const renderDrift = ({ workspaceId, system }: Drift, at: Date): EffectChange =>
  schedule({ kind: 'render_drift', workspaceId, system }, at);

const factOf = ({ id, kind, connector, entitlement, subject, subjectId }: Drift) => ({
  drift: id,
  what: kind,
  connector,
  entitlement,
  subject,
  subjectId,
});

const event = <Fact extends object>(at: Date, actor: Actor, fact: Fact) => ({
  ...fact,
  at,
  actor,
  requestId: null,
  grantId: null,
});
