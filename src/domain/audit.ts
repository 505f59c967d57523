import { createHash } from 'node:crypto';
import type { GrantId, RequestId, WorkspaceId } from './ids.ts';
import { canonicalJson, type Json } from './json.ts';
import type { Actor } from './person.ts';
import type { LookupFailure } from './policy/lookup.ts';
import type { DriftKind, GrantEndedBecause } from './status.ts';

/** What happened. Each kind is `noun.past`; its data is plain and holds no secret. Times inside are ISO 8601 in UTC. */
export type AuditFact =
  | {
      kind: 'request.submitted';
      data: {
        role: string;
        durationSeconds: number;
        reason: string;
        ticket: string | null;
        startsAt?: string;
        endsBy?: string;
        policyVersion: string;
        rule: string;
        outcome: 'approve' | 'require';
        /** The grant that it asks more time for. */
        extends?: string;
        breakGlass?: true;
        /** Stages in which others are asked too, since their own people cannot fill them. */
        fellBack?: FellBackFact[];
      };
    }
  | {
      kind: 'request.refused';
      data: {
        role: string;
        durationSeconds: number | null;
        code: string;
        rule: string | null;
        policyVersion: string;
        /** This person was refused so often that what the policy refuses them next is not kept for now. */
        furtherNotKept?: true | undefined;
      };
    }
  | { kind: 'decision.approved'; data: { stage: number; via: string } & ForWhom }
  | { kind: 'decision.denied'; data: { via: string; reason: string } & ForWhom }
  | {
      kind: 'request.edited';
      data: {
        before: AskedForFact;
        after: AskedForFact;
        /** Whether the approvals given before still count. */
        approvals: 'kept' | 'reset';
        rule: string;
        via: string;
      } & ForWhom;
    }
  | { kind: 'decision.refused'; data: { code: string } }
  | { kind: 'request.approved'; data: { rule: string; approvers: string[] } }
  | { kind: 'request.denied'; data: { reason: string; rule: string | null } }
  | { kind: 'request.cancelled'; data: Record<string, never> }
  | { kind: 'request.expired'; data: { deadline: string } }
  | { kind: 'request.reminded'; data: { expiresAt: string } }
  | { kind: 'request.escalated'; data: { stage: number; to: string[]; expiresAt: string } }
  | { kind: 'review.reminded'; data: { dueAt: string; overdue: boolean } }
  | { kind: 'review.closed'; data: { verdict: 'justified' | 'unjustified'; comment: string; via: string } & ForWhom }
  | { kind: 'request.lapsed'; data: { grant: string } }
  | { kind: 'request.requester_left'; data: Record<string, never> }
  | {
      kind: 'grant.created';
      data: {
        mustEndBy: string;
        durationSeconds: number;
        /** When it starts by itself. */
        startsAt?: string;
        /** Until when its holder may start it. */
        startBy?: string;
      };
    }
  | { kind: 'grant.started'; data: { mustEndBy: string; durationSeconds: number } }
  | { kind: 'grant.start_capped'; data: { capSeconds: number; rule: string; startBy: string } }
  | { kind: 'grant.never_started'; data: { because: GrantEndedBecause; reason: string | null } }
  | { kind: 'grant.unused_warned'; data: { endsAt: string } }
  | { kind: 'grant.kept'; data: Record<string, never> }
  | {
      kind: 'grant.provisioning_started';
      data: { target: string; subject: string; subjectId: string };
    }
  | { kind: 'grant.provisioning_retried'; data: { error: string; attempt: number } }
  | { kind: 'grant.provisioning_failed'; data: { error: string } }
  | { kind: 'grant.activated'; data: { endsAt: string; answer: string; heldBefore: boolean } }
  | { kind: 'grant.expiry_announced'; data: { endsAt: string } }
  | { kind: 'grant.extended'; data: { endsAt: string; seconds: number; by: string } }
  | {
      kind: 'grant.revocation_started';
      /** `reappeared`: it had ended before. */
      data: { because: GrantEndedBecause; reason: string | null; reappeared?: true };
    }
  | { kind: 'grant.revocation_failed'; data: { error: string; errorKind: string; attempt: number } }
  | { kind: 'alarm.escalated'; data: { to: string[]; connector: string; grants: number } }
  | { kind: 'grant.sessions_ended'; data: { sessions: number; at: string } }
  | {
      kind: 'grant.ended';
      data: {
        because: GrantEndedBecause;
        answer: string;
        keptFor: string | null;
        /** false: nothing was ever sent to the target for it, so that nothing was read back either. */
        called: boolean;
        /** Other grantors whose own grant of the same was still there. */
        stillGivenBy: string[];
        restored: boolean;
        lateSeconds: number;
        /** Whose 'Mark resolved' made us look; absent in events of older versions. */
        confirmedFor?: string | null | undefined;
      };
    }
  | { kind: 'grant.removal_unproven'; data: { answer: string; lookAgainAt: string } }
  | { kind: 'grant.retry_requested'; data: Record<string, never> }
  | { kind: 'grant.resolved_unverified'; data: { reason: string; error: string } }
  | { kind: 'grant.confirmed_gone'; data: Record<string, never> }
  /** `closedOnWord`: it was closed without proof before. */
  | { kind: 'grant.reappeared'; data: { found: Json; closedOnWord: boolean } }
  | { kind: 'grant.drift_found'; data: { drift: 'removed_by_hand' | 'level_changed'; found: Json } }
  | { kind: 'grant.drift_cleared'; data: { drift: 'removed_by_hand' | 'level_changed' } }
  | { kind: 'grant.end_moved'; data: { endsAt: string; bySeconds: number } }
  | { kind: 'drift.found'; data: DriftFact & { grantor: string; level: Json } }
  | { kind: 'drift.accepted'; data: DriftFact & { owner: string; reviewAt: string } }
  | { kind: 'drift.ignored'; data: DriftFact & { until: string } }
  | { kind: 'drift.revocation_requested'; data: DriftFact }
  | { kind: 'drift.revoked'; data: DriftFact & { answer: string } }
  | { kind: 'drift.closed'; data: DriftFact }
  | { kind: 'delegation.started'; data: { until: string } & ToWhom }
  | { kind: 'delegation.ended'; data: { until: string } & ToWhom }
  | { kind: 'reconciler.paused'; data: { reason: string; until: string | null } }
  | { kind: 'reconciler.resumed'; data: { pausedSince: string } }
  | { kind: 'database.restored'; data: { was: string; is: string; knowsUntil: string | null } }
  | { kind: 'clock.moved'; data: { bySeconds: number; exact: boolean; grantsMoved: number } }
  | { kind: 'policy.loaded'; data: { version: string; commit: string | null } }
  | { kind: 'policy.refused'; data: { findings: string[] } };

/** Of a decision in the place of somebody who was away: whose place it was. */
export interface ForWhom {
  readonly for?: { readonly id: string; readonly email: string; readonly name: string };
}

/** Who decides meanwhile; nobody, where it is missing. */
interface ToWhom {
  readonly to?: { readonly id: string; readonly email: string; readonly name: string };
}

interface FellBackFact {
  /** As an index. */
  readonly stage: number;
  readonly from: string[];
  readonly to: string[];
  readonly missing: number;
  readonly unavailable: LookupFailure | null;
}

/** Times are seconds. */
interface AskedForFact {
  readonly role: string;
  readonly durationSeconds: number;
}

/** Who holds what on which target that nobody was granted so. */
export interface DriftFact {
  readonly drift: string;
  readonly what: DriftKind;
  readonly connector: string;
  readonly entitlement: Json;
  readonly subject: string;
  readonly subjectId: string;
}

export type AuditKind = AuditFact['kind'];

/** An event that a transition returns; the store gives it its place in the chain. */
export type NewAuditEvent = AuditFact & {
  readonly at: Date;
  readonly actor: Actor;
  readonly requestId: RequestId | null;
  readonly grantId: GrantId | null;
};

/** An event as it is kept. `sequence` counts from 1 in its workspace; `hash` covers everything else and the hash before it. */
export type AuditEvent = NewAuditEvent & {
  readonly workspaceId: WorkspaceId;
  readonly sequence: number;
  readonly previousHash: string;
  readonly hash: string;
};

/** The hash before the first event of a workspace. */
export const CHAIN_START = '0'.repeat(64);

/** The link of the chain: SHA-256 over the previous hash and the canonical text of the event, lower-case hex. */
export function auditHash(event: Omit<AuditEvent, 'hash'>): string {
  const { previousHash, ...content } = event;
  return createHash('sha256').update(previousHash).update('\n').update(canonicalJson(content)).digest('hex');
}

/** Gives new events their places behind the chain's present end. */
export function chain(
  workspaceId: WorkspaceId,
  end: { readonly sequence: number; readonly hash: string },
  events: readonly NewAuditEvent[],
): AuditEvent[] {
  let { sequence, hash } = end;
  return events.map((event) => {
    sequence += 1;
    const unsigned = { ...event, workspaceId, sequence, previousHash: hash };
    hash = auditHash(unsigned);
    return { ...unsigned, hash };
  });
}

export type ChainFault = { readonly sequence: number; readonly fault: 'missing' | 'changed' | 'relinked' };

/** Walks a whole chain, or a part of it behind a trusted end, and names the first event that does not fit. */
export function verifyChain(
  events: readonly AuditEvent[],
  from: { readonly sequence: number; readonly hash: string } = { sequence: 0, hash: CHAIN_START },
): ChainFault | null {
  let { sequence, hash } = from;
  for (const event of events) {
    sequence += 1;
    if (event.sequence !== sequence) return { sequence, fault: 'missing' };
    if (event.previousHash !== hash) return { sequence, fault: 'relinked' };
    const { hash: stored, ...content } = event;
    if (auditHash(content) !== stored) return { sequence, fault: 'changed' };
    hash = stored;
  }
  return null;
}
