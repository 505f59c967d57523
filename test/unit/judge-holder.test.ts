import { describe, expect, it } from '@jest/globals';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId } from '../../src/domain/ids.ts';
import { judgeHolder, LATE_CALL_SECONDS } from '../../src/domain/judge-holder.ts';
import type { DriftKind } from '../../src/domain/status.ts';
import { aRequest, later, T0 } from '../support/domain.ts';

const LEVEL = { set: true };
const grant = (parts: Partial<Grant>): Grant => ({
  ...createGrant(grantId('grt_1'), aRequest(), null, T0).state,
  ...parts,
});
const active = (parts: Partial<Grant> = {}) => grant({ status: 'active', activatedAt: T0, level: LEVEL, ...parts });
const ended = (parts: Partial<Grant> = {}) => grant({ status: 'ended', endedAt: later(60), ...parts });
const listedAt = later(3600);

interface Parts {
  readonly ours?: boolean;
  readonly level?: unknown;
  readonly tells?: boolean;
  readonly questioned?: DriftKind;
}

function verdict(grants: readonly Grant[], parts: Parts = {}): string {
  const { ours = true, tells = true, questioned } = parts;
  const level = parts.level === undefined ? LEVEL : { set: false };
  const found = judgeHolder({ ours, level }, grants, { distinguishesGrantors: tells, listedAt, questioned });
  return found.is === 'drift' ? found.kind : found.is;
}

describe('a holder on a target', () => {
  it.each<[string, string, string]>([
    ['with a live grant', verdict([active()]), 'expected'],
    ['with a live grant, at another level', verdict([active()], { level: 'other' }), 'level_changed'],
    ['with a live grant of an older version, which noted no level', verdict([active({ level: null })]), 'expected'],
    [
      'whose grant went live since the target was asked',
      verdict([active({ activatedAt: listedAt })], { level: 'other' }),
      'expected',
    ],
    [
      'at the level of a sibling that went live later and ended',
      verdict([active(), ended({ activatedAt: later(10), level: { set: false } })], { level: 'other' }),
      'expected',
    ],
    [
      'at the level of a sibling that had ended before',
      verdict([active({ activatedAt: later(100) }), ended({ activatedAt: T0, level: { set: false } })], {
        level: 'other',
      }),
      'level_changed',
    ],
    ['with a grant on its way', verdict([grant({})]), 'expected'],
    ['with a grant that is being taken away', verdict([grant({ status: 'revoking' })]), 'expected'],
    ['with a live grant beside one that ended', verdict([active(), ended()]), 'expected'],
    ['whose grant has ended', verdict([ended()]), 'reappeared'],
    ['whose grant ended while the target was asked', verdict([ended({ endedAt: listedAt })]), 'expected'],
    ['who held it before us', verdict([ended({ leftBehind: LEVEL })]), 'expected'],
    ['who held it before us, otherwise', verdict([ended({ leftBehind: LEVEL })], { level: 'other' }), 'gained_more'],
    ...(['unknown_holder', 'unrecorded', 'gained_more'] as const).map((questioned): [string, string, string] => [
      `who held it before us, and was shown as ${questioned}`,
      verdict([ended({ leftBehind: LEVEL })], { questioned }),
      questioned,
    ]),
    [
      'who held it before us, and was shown as ended and still there',
      verdict([ended({ leftBehind: LEVEL })], { questioned: 'ended_grant' }),
      'reappeared',
    ],
    [
      'who held it before us, and whose grant was shown as changed',
      verdict([ended({ leftBehind: LEVEL })], { questioned: 'level_changed' }),
      'expected',
    ],
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
