import type { Grant } from './grant.ts';

/** A live grant that the policy in force would no longer give. */
export interface DisallowedGrant {
  readonly grant: Grant;
  readonly why: 'denied' | 'too_long' | 'needs_approval' | 'role_gone';
  /** What says so, where it is a rule. */
  readonly rule: string | null;
}
