/** refused: the policy said no at the submission, so it never waited for anybody and has no card · pending waits for people; the others are final. */
export type RequestStatus = 'refused' | 'pending' | 'approved' | 'denied' | 'cancelled' | 'expired';

/**
 * scheduled: starts later (by the requester or a clock) · provisioning: on its way, may half exist · active: read back, live ·
 * revoking: must go, may still exist; it stays here, loud and overdue, until it is read back as gone · ended: gone.
 */
export type GrantStatus = 'scheduled' | 'provisioning' | 'active' | 'revoking' | 'ended';

export type GrantEndedBecause =
  | 'expired'
  | 'returned'
  | 'revoked'
  | 'unused'
  | 'provisioning_failed'
  | 'user_deactivated'
  | 'ticket_closed'
  | 'resolved_unverified'
  | 'not_started'
  | 'policy_denied';

/**
 * unknown_holder: somebody else gave it · unrecorded: our own grantor gave it, and no grant of ours says so, as after a database was
 * restored from before it; it is shown first and taken away by the next run · ended_grant: a grant of ours that has ended, on a
 * system where nothing may be taken away yet · gained_more: what was left in place at an end, or accepted, has become another
 * level · removed_by_hand: a live grant whose access somebody took away · level_changed: a live grant whose access became another.
 */
export type DriftKind =
  | 'unknown_holder'
  | 'unrecorded'
  | 'ended_grant'
  | 'gained_more'
  | 'removed_by_hand'
  | 'level_changed';
