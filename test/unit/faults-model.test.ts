import { describe, expect, it } from '@jest/globals';
import { judge, type RoundSeen, type Story, type StoryEvent } from '../faults/model.ts';
import { GRANTS_PER_ROUND, planRound } from '../faults/plan.ts';
import { planTogether, TOGETHER_ROUNDS } from '../faults/plan-together.ts';
import { CRASH_POINTS } from '../faults/points.ts';
import { TOGETHER_POINTS } from '../faults/points-together.ts';

const KEY = 'p01/orders_admin/elevate_bot';
const BEFORE = 'p02/orders_read/dba/admin false inherit true set true';
const endsAt = new Date(5_000).toISOString();
const event = (kind: string, at: number, data: StoryEvent['data'] = {}): StoryEvent => ({ kind, at, data });
const EVENTS: readonly StoryEvent[] = [
  event('grant.created', 1_000),
  event('grant.provisioning_started', 1_100),
  event('grant.activated', 1_200, { endsAt }),
  event('grant.revocation_started', 5_000, { because: 'expired' }),
  event('grant.ended', 5_050),
];
const story = (events: readonly StoryEvent[] = EVENTS): Story => ({
  grant: 'grt_1',
  login: 'p01',
  entitlement: 'orders_admin',
  events,
});
const sample = (at: number, ...held: string[]) => ({
  from: at,
  until: at + 5,
  held: new Set(['p02/orders_read/dba', ...held]),
});
const THREAD = [
  { number: 1, text: '1 · Approved' },
  { number: 2, text: '2 · Granted and read back on the target.' },
  { number: 3, text: '3 · Ended, and read back as gone.' },
];
/** A round in which everything went as it should. */
const GOOD: RoundSeen = {
  before: [BEFORE],
  after: [BEFORE],
  samples: [sample(900), sample(1_150, KEY), sample(2_000, KEY), sample(4_900, KEY), sample(5_060)],
  stories: [story()],
  said: [{ text: 'Granted and read back', needs: 'grant.activated', committed: ['grant.created', 'grant.activated'] }],
  threads: [{ grant: 'grt_1', lines: THREAD }],
  unscheduled: [],
  chainFault: null,
  takenByHand: [],
  asked: ['p01/orders_admin'],
  wholeAt: [3_000],
  boundMs: 10_000,
  clockWentBack: false,
  mishaps: [],
};
const without = (kind: string): Story => story(EVENTS.filter((each) => each.kind !== kind));
const later = (kind: string, at: number): Story =>
  story(EVENTS.map((each) => (each.kind === kind ? { ...each, at } : each)));

describe('the model of the fault suite', () => {
  it('finds nothing wrong in a round in which nothing was', () => {
    expect(judge(GOOD)).toEqual([]);
  });

  const WRONG: readonly (readonly [string, Partial<RoundSeen>, RegExp])[] = [
    ['access that is left over', { after: [BEFORE, `${KEY}/set true`] }, /is held after everything has ended/],
    ['what was held before and is lost', { after: [] }, /was held before, and is lost/],
    ['what was held before at another level', { after: [`${BEFORE}!`] }, /was held before, and is lost/],
    [
      'what was held before and was away for a while',
      { samples: [{ from: 1, until: 2, held: new Set<string>() }] },
      /was missing for a while/,
    ],
    ['access after its end', { samples: [...GOOD.samples, sample(5_200, KEY)] }, /was held while no grant gave it/],
    ['access before its intent was committed', { samples: [sample(1_050, KEY)] }, /was held while no grant gave it/],
    ['access that another grantor gave', { samples: [sample(2_000, KEY, 'p01/orders_admin/dba')] }, /no grant gave it/],
    [
      'a live grant whose access is gone, as when a sibling took it along',
      { samples: [sample(2_000)] },
      /was live, and p01\/orders_admin\/elevate_bot was missing/,
    ],
    ['an end before its time', { stories: [later('grant.revocation_started', 4_000)] }, /1000 ms before its time/],
    ['an end that comes too late', { stories: [later('grant.ended', 16_000)] }, /ended 11000 ms late/],
    ['a story without its end', { stories: [without('grant.ended')] }, /has end behind grant.revocation_started/],
    ['a story without its intent', { stories: [without('grant.provisioning_started')] }, /has grant.activated behind/],
    ['a story with two ends', { stories: [story([...EVENTS, event('grant.ended', 6_000)])] }, /grant.ended twice/],
    [
      'an end that comes too late after everything was whole, though something broke again later',
      { stories: [later('grant.ended', 16_000)], wholeAt: [3_000, 5_500, 15_000] },
      /ended 10500 ms late/,
    ],
    [
      'a grant that was made and that no story tells of',
      { asked: ['p01/orders_admin', 'p01/orders_admin'] },
      /p01\/orders_admin was granted 2 times, and 1 stories tell of it/,
    ],
    [
      'many ends that are told before they were committed',
      { said: [{ text: '12 grants ended', needs: '12 grant.ended', committed: ['11 grant.ended'] }] },
      /“12 grants ended” was said while no 12 grant.ended/,
    ],
    ['a broken chain', { chainFault: 'event 3 is changed' }, /chain is broken: event 3 is changed/],
    ['a grant without a scheduled end', { unscheduled: ['grt_1'] }, /nothing was scheduled to take it away/],
    [
      'a sentence that was not so when it came',
      { said: [{ text: 'Granted', needs: 'grant.activated', committed: ['grant.created'] }] },
      /“Granted” was said while no grant.activated/,
    ],
    ['a thread with a gap', { threads: [{ grant: 'grt_1', lines: THREAD.slice(1) }] }, /has the lines 2, 3/],
    [
      'a thread that does not tell the end',
      { threads: [{ grant: 'grt_1', lines: THREAD.slice(0, 2) }] },
      /does not tell/,
    ],
    ['what else must not happen', { mishaps: ['A bot ended by itself'] }, /A bot ended by itself/],
  ];
  it.each(WRONG)('finds %s', (_, change, found) => {
    expect(judge({ ...GOOD, ...change }).join('\n')).toMatch(found);
  });

  it('does not blame anybody for what was taken by hand, nor for a delay while something was broken', () => {
    expect(judge({ ...GOOD, samples: [sample(2_000)], takenByHand: ['p01/orders_admin'] })).toEqual([]);
    expect(judge({ ...GOOD, stories: [later('grant.ended', 16_000)], wholeAt: [15_000] })).toEqual([]);
  });
});

describe('the plan of a round', () => {
  it('comes from its seed alone', () => {
    expect(planRound(42)).toEqual(planRound(42));
    expect(planRound(42)).not.toEqual(planRound(44));
  });

  it('has twenty grants, some of them on the same access', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const { grants, points } = planRound(seed);
      expect(grants.length + points.length).toBe(GRANTS_PER_ROUND);
      expect(new Set(grants.map(({ person, role }) => `${person}/${role}`)).size).toBe(grants.length);
    }
  });

  it('names every crash point within eleven seeds in a row', () => {
    const named = Array.from({ length: 11 }, (_, seed) => planRound(100 + seed).points.map(({ name }) => name)).flat();
    expect(named.sort()).toEqual(CRASH_POINTS.map(({ name }) => name).sort());
  });

  it('names every crash point of many ends within four seeds in a row, each with a crowd of its own', () => {
    const crowds = Array.from({ length: TOGETHER_ROUNDS }, (_, seed) => planTogether(100 + seed).crowds).flat();
    expect(crowds.map(({ name }) => name).sort()).toEqual(TOGETHER_POINTS.map(({ name }) => name).sort());
    for (const { grants } of crowds) {
      expect(grants).toHaveLength(14);
      expect(new Set(grants.map(({ person, role }) => `${person}/${role}`)).size).toBe(grants.length);
    }
  });
});
