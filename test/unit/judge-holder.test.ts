import { describe, expect, it } from '@jest/globals';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId } from '../../src/domain/ids.ts';
import { judgeHolder, LATE_CALL_SECONDS } from '../../src/domain/judge-holder.ts';
import { aRequest, later, T0 } from '../support/domain.ts';

const LEVEL = { set: true };
const grant = (parts: Partial<Grant>): Grant => ({
  ...createGrant(grantId('grt_1'), aRequest(), null, T0).state,
  ...parts,
});
const active = (parts: Partial<Grant> = {}) => grant({ status: 'active', activatedAt: T0, level: LEVEL, ...parts });
const ended = (parts: Partial<Grant> = {}) => grant({ status: 'ended', endedAt: later(60), ...parts });
const listedAt = later(3600);

function verdict(grants: readonly Grant[], parts: { ours?: boolean; level?: unknown; tells?: boolean } = {}): string {
  const { ours = true, tells = true } = parts;
  const level = parts.level === undefined ? LEVEL : { set: false };
  const found = judgeHolder({ ours, level }, grants, { distinguishesGrantors: tells, listedAt });
  return found.is === 'drift' ? found.kind : found.is;
}

describe('a holder on a target', () => {
  it.each<[string, string, string]>([
    ['with a live grant', verdict([active()]), 'expected'],
    ['with a live grant, at another level', verdict([active()], { level: 'other' }), 'level_changed'],
    ['with a live grant of an older version, which noted no level', verdict([active({ level: null })]), 'expected'],
    ['with a grant on its way', verdict([grant({})]), 'expected'],
    ['with a grant that is being taken away', verdict([grant({ status: 'revoking' })]), 'expected'],
    ['with a live grant beside one that ended', verdict([active(), ended()]), 'expected'],
    ['whose grant has ended', verdict([ended()]), 'reappeared'],
    ['whose grant ended while the target was asked', verdict([ended({ endedAt: listedAt })]), 'expected'],
    ['who held it before us', verdict([ended({ leftBehind: LEVEL })]), 'expected'],
    ['who held it before us, otherwise', verdict([ended({ leftBehind: LEVEL })], { level: 'other' }), 'gained_more'],
    ['of our grantor, and of no grant', verdict([]), 'unrecorded'],
    ['of another grantor', verdict([], { ours: false }), 'unknown_holder'],
    ['of another grantor, beside a grant that ended', verdict([], { ours: false }), 'unknown_holder'],
    ['where nobody tells grantors apart, and no grant', verdict([], { tells: false }), 'unknown_holder'],
    ['where nobody tells grantors apart, soon after the end', verdict([ended()], { tells: false }), 'reappeared'],
    [
      'where nobody tells grantors apart, long after the end',
      verdict([ended({ endedAt: later(3600 - LATE_CALL_SECONDS - 1) })], { tells: false }),
      'unknown_holder',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected));
});
