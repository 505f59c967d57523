import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type AuditEvent, type AuditFact, CHAIN_START, chain } from '../../src/domain/audit.ts';
import type { Delegation } from '../../src/domain/delegation.ts';
import type { Drift } from '../../src/domain/drift.ts';
import type { NoticeName } from '../../src/domain/effect.ts';
import { createGrant, type Grant } from '../../src/domain/grant.ts';
import { grantId, requestId, roleKey, slackUserId, workspaceId } from '../../src/domain/ids.ts';
import { byPerson } from '../../src/domain/person.ts';
import type { AccessRequest } from '../../src/domain/request.ts';
import { validateMessage, validateOptions, validateUpdate, validateView } from '../../src/sandbox/blockkit/validate.ts';
import type { Violation } from '../../src/sandbox/blockkit/violation.ts';
import { optionGroups } from '../../src/slack/actions/suggest-roles.ts';
import { esc, type Message } from '../../src/slack/blocks.ts';
import { alertMessage, alertReminder } from '../../src/slack/cards/alert.ts';
import { requestCard } from '../../src/slack/cards/card.ts';
import { driftMessage } from '../../src/slack/cards/drift.ts';
import { breakGlassAlert, noticeMessage, plainMessage } from '../../src/slack/cards/notice.ts';
import { policyNewsMessage } from '../../src/slack/cards/policy-news.ts';
import { statusBlocks } from '../../src/slack/cards/status.ts';
import { threadLineMessage } from '../../src/slack/cards/thread-line.ts';
import { homeView, refusedHomeView } from '../../src/slack/home/home.ts';
import { en } from '../../src/slack/text/en.ts';
import { denyForm } from '../../src/slack/views/deny-form.ts';
import { acceptForm, ignoreForm } from '../../src/slack/views/drift-forms.ts';
import { editForm } from '../../src/slack/views/edit-form.ts';
import { extendForm } from '../../src/slack/views/extend-form.ts';
import { noticeModal, waitModal } from '../../src/slack/views/notice-modal.ts';
import { proofModal } from '../../src/slack/views/proof-modal.ts';
import { requestForm, requestFormWith } from '../../src/slack/views/request-form.ts';
import { resolveForm } from '../../src/slack/views/resolve-form.ts';
import { reviewForm } from '../../src/slack/views/review-form.ts';
import { revokeForm } from '../../src/slack/views/revoke-form.ts';
import type { HomeFacts, Page } from '../../src/usecases/home-of.ts';
import { HOME_ALL_ROWS, HOME_ROWS, NARROWER_LIMIT } from '../../src/usecases/limits.ts';
import type { RoleOffer } from '../../src/usecases/offer-roles.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import type { KnownSystem } from '../../src/usecases/watch-ports.ts';
import { aRequest, aStage, later, T0 } from '../support/domain.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'src', 'slack');

/** What a hostile, an emotional and a right-to-left writer put into one text; all of it at every length. */
const HOSTILE =
  '<!channel> <@U0BOSS> <https://evil.example|Approved> & "quotes" \'*bold*\' `code` 🔥👩‍👩‍👧 \u202Eمرحبا بالعالم\u202C ';
const long = (length: number): string => HOSTILE.repeat(Math.ceil(length / HOSTILE.length)).slice(0, length);
/** Every character of it becomes five when it is escaped. */
const growing = (length: number): string => '&'.repeat(length);
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const LONGEST_KEY = roleKey(`${'r'.repeat(80)}/${'o'.repeat(80)}`);
const PEOPLE = many(100, (index) => slackUserId(`U0PERSON${index}`));
const personOf = (words: (length: number) => string, index = 0) => ({
  slackUserId: PEOPLE[index] ?? slackUserId('U0'),
  email: `${'e'.repeat(300)}@example.com`,
  name: words(80),
});

type Words = typeof long;
const awayOf = (words: Words): Delegation => ({
  workspaceId: workspaceId('T0TEAM'),
  person: personOf(words),
  to: personOf(words, 1),
  since: T0,
  until: later(3_600),
});
const ALL_WORDS: readonly (readonly [string, Words])[] = [
  ['hostile', long],
  ['growing', growing],
];

function requestOf(words: Words, parts: Partial<AccessRequest> = {}): AccessRequest {
  const groups = many(20, (index) => `${index}${words(78)}`);
  const stages = many(5, () => ({
    ...aStage(10, ...groups),
    addedBy: { kind: 'guardrail' as const, name: words(80) },
  }));
  const base = aRequest({ stages });
  const decisions = many(50, (index) => ({
    kind: 'approved' as const,
    by: personOf(words, index),
    onBehalfOf: personOf(words, 50 + index),
    at: later(index),
    revision: 1,
    stage: Math.floor(index / 10),
    via: groups[0] ?? '',
    reason: null,
  }));
  return {
    ...base,
    requester: personOf(words, 99),
    role: {
      ...base.role,
      key: LONGEST_KEY,
      title: words(80),
      resource: words(80),
      environment: words(80),
      instructions: words(2_000),
      owners: groups,
      connector: words(80),
      subject: words(320),
    },
    reason: words(3_000),
    ticket: words(200),
    policyDecision: { ...base.policyDecision, rule: { ...base.policyDecision.rule, name: words(80) } },
    decisions: decisions.slice(0, 45),
    edits: many(10, (index) => ({
      by: personOf(words, index),
      onBehalfOf: personOf(words, 50),
      at: later(index),
      before: { role: LONGEST_KEY, title: words(80), durationSeconds: 30 * 86_400 - 1 },
      after: { role: roleKey('a/b'), title: words(80), durationSeconds: 30 * 86_400 - 61 },
    })),
    durationSeconds: 30 * 86_400 - 1,
    ...parts,
  };
}

const escalation = (words: Words) => ({
  escalated: many(100, () => words(80)),
  next: { groups: many(20, () => words(80)), at: T0 },
});
const grantOf = (request: AccessRequest, words: Words, parts: Partial<Grant> = {}): Grant => ({
  ...createGrant(grantId('grt_0000000000000001'), request, {}, T0).state,
  holder: request.requester,
  endsAt: later(3_600),
  activatedAt: T0,
  endDueAt: later(3_600),
  endedAt: later(7_200),
  endReason: words(3_000),
  endRequestedBy: personOf(words),
  lastError: words(10_000),
  attempts: 1_000,
  ...parts,
});

function* views(words: Words): Generator<RequestView> {
  const deciders = PEOPLE.map((user) => ({ user, via: words(80), onBehalfOf: PEOPLE[0] ?? user }));
  const frame = { approvers: PEOPLE, deciders, voters: null, extensionSeconds: 30 * 86_400 - 1, now: later(100_000) };
  const closed = { closedAt: later(60), closedBy: personOf(words), closedReason: words(3_000) };
  for (const status of ['pending', 'approved', 'denied', 'cancelled', 'expired'] as const) {
    yield { ...frame, request: requestOf(words, { status, ...(status === 'pending' ? {} : closed) }), grant: null };
  }
  const extension = { grantId: grantId('grt_0000000000000001'), endsAt: later(3_600) };
  yield { ...frame, request: requestOf(words, { extension }), grant: null };
  for (const status of ['due', 'justified', 'unjustified'] as const) {
    const review = {
      status,
      dueAt: later(60),
      reminders: 50,
      by: personOf(words),
      at: later(90),
      comment: words(3_000),
    };
    const breakGlass = { reviewWithinSeconds: 60, reviewers: many(50, () => words(80)), told: PEOPLE, review };
    const request = requestOf(words, { status: 'approved', breakGlass, ...closed });
    yield { ...frame, request, grant: grantOf(request, words, { status: 'ended', endedBecause: 'revoked' }) };
  }
  const request = requestOf(words, { status: 'approved', ...closed });
  for (const status of ['scheduled', 'provisioning', 'active', 'revoking', 'ended'] as const) {
    for (const endedBecause of ['revoked', 'provisioning_failed', 'resolved_unverified'] as const) {
      for (const lastErrorKind of ['transient', 'permanent'] as const) {
        yield { ...frame, request, grant: grantOf(request, words, { status, endedBecause, lastErrorKind }) };
      }
    }
  }
}

const NOTICES: Record<NoticeName, true> = {
  request_submitted: true,
  request_escalated: true,
  request_approved: true,
  request_denied: true,
  request_expired: true,
  request_cancelled: true,
  request_edited: true,
  break_glass_used: true,
  review_closed: true,
  start_shorter: true,
  access_not_started: true,
  access_unused: true,
  access_live: true,
  access_failed: true,
  access_ending: true,
  access_ended: true,
  access_reappeared: true,
  access_removed: true,
  revocation_failing: true,
};

/** The events whose lines hold what people or targets wrote. */
const facts = (words: Words): AuditFact[] => [
  {
    kind: 'request.submitted',
    data: {
      role: LONGEST_KEY,
      durationSeconds: 1e6,
      reason: words(3_000),
      ticket: words(200),
      policyVersion: 'f'.repeat(64),
      rule: words(80),
      outcome: 'require',
      breakGlass: true,
    },
  },
  { kind: 'decision.approved', data: { stage: 4, via: words(80) } },
  { kind: 'request.approved', data: { rule: words(80), approvers: many(50, () => words(80)) } },
  { kind: 'request.denied', data: { reason: words(3_000), rule: null } },
  { kind: 'request.denied', data: { reason: words(2_000), rule: words(80) } },
  {
    kind: 'request.escalated',
    data: { stage: 0, to: Array.from({ length: 20 }, () => 'g'.repeat(80)), expiresAt: T0.toISOString() },
  },
  { kind: 'request.reminded', data: { expiresAt: T0.toISOString() } },
  { kind: 'review.closed', data: { verdict: 'unjustified', comment: words(3_000), via: words(80) } },
  { kind: 'grant.provisioning_failed', data: { error: words(10_000) } },
  { kind: 'grant.revocation_started', data: { because: 'revoked', reason: words(3_000) } },
  { kind: 'grant.revocation_failed', data: { error: words(10_000), errorKind: 'transient', attempt: 9 } },
  { kind: 'grant.drift_found', data: { drift: 'level_changed', found: { option: words(5_000) } } },
  { kind: 'grant.resolved_unverified', data: { reason: words(3_000), error: words(10_000) } },
  {
    kind: 'grant.ended',
    data: { because: 'revoked', answer: words(5_000), keptFor: null, restored: true, lateSeconds: 1e6 },
  },
];

function eventsOf(view: RequestView, words: Words): AuditEvent[] {
  const actor = byPerson(personOf(words));
  const events = facts(words).map((fact) => ({
    ...fact,
    at: T0,
    actor,
    requestId: requestId('req_0000000000000001'),
    grantId: grantId('grt_0000000000000001'),
  }));
  return chain(view.request.workspaceId, { sequence: 0, hash: CHAIN_START }, events);
}

const systemOf = (words: Words): KnownSystem => ({
  workspaceId: workspaceId('T0TEAM'),
  id: 's'.repeat(64),
  connector: words(80),
  connectorType: 'postgres',
  connection: {},
  entitlement: { role: words(500) },
  entitlementKey: null,
  firstRunAt: null,
  lastRunAt: null,
  lastError: null,
  holders: null,
});

const driftOf = (words: Words, index: number): Drift => ({
  id: `drf_${String(index).padStart(16, '0')}`,
  workspaceId: workspaceId('T0TEAM'),
  system: 's',
  kind:
    (['unknown_holder', 'unrecorded', 'ended_grant', 'gained_more', 'level_changed'] as const)[index % 5] ??
    'unrecorded',
  connector: words(80),
  entitlement: { role: words(500) },
  accessKey: 'k',
  subjectId: 'i',
  subject: words(320),
  grantor: words(320),
  ours: true,
  level: { options: words(2_000) },
  grantId: grantId('grt_0000000000000001'),
  status: index % 2 === 0 ? 'open' : 'revoking',
  firstSeenAt: T0,
  lastSeenAt: T0,
  shownAt: T0,
  untilAt: later(60),
  owner: PEOPLE[0] ?? null,
  decidedBy: personOf(words),
  lastError: words(10_000),
});

const offerOf = (words: Words, index: number): RoleOffer => ({
  key: roleKey(`resource-${index % 200}/role-${index}`),
  title: words(80),
  resource: `${index % 200}${words(77)}`,
  environment: words(80),
  risk: 'high',
  defaultSeconds: 30 * 86_400 - 1,
  maxSeconds: 30 * 86_400 - 1,
  reasonMinLength: 1_000,
  asked: many(5, () => 5_000),
  ticket: { required: true, pattern: words(500) },
});

type Case = (words: Words, view: RequestView) => Iterable<Violation[]>;
/** A thousand rows, whose view hardly matters: drawn from a few only. */
const rows =
  (draw: Case): Case =>
  (...given) =>
    draw(...given);
const message = (sent: Message): Violation[] => [...validateMessage({ ...sent }), ...unescaped(sent)];
const kept = (sent: Message): Violation[] => [...message(sent), ...validateUpdate({ ...sent })];
const shown = (view: unknown): Violation[] => [...validateView(view), ...unescaped(view)];

/** What people wrote must not page anyone or become a link, wherever Slack reads markup. */
function unescaped(sent: unknown): Violation[] {
  const said = JSON.stringify(sent, (key, value: unknown) =>
    // These are spoken, or kept for us, as they stand.
    ['accessibility_label', 'private_metadata', 'initial_value', 'value'].includes(key) ? undefined : value,
  );
  return ['<!channel>', '<@U0BOSS>', '<https://evil']
    .filter((each) => said.includes(each))
    .map((each) => ({
      path: '',
      rule: 'ours.escape',
      message: `${each} is live in ${said.slice(Math.max(0, said.indexOf(each) - 80), said.indexOf(each) + 40)}`,
      slackError: undefined,
    }));
}

const LINK = (): string =>
  en.commands.status.openCard(`https://example.slack.com/archives/C0123456789/p${'1'.repeat(16)}`);

/** A page in the middle of a thousand rows. */
const pageOf = <T>(rows: readonly T[]): Page<T> => ({ rows, total: 1_000, page: 7, pages: 200, from: 36 });

const status = (words: Words, view: RequestView) => ({
  now: T0,
  grants: many(1_000, () => grantOf(view.request, words, { status: 'active' })),
  extensible: new Set([grantId('grt_0000000000000001')]),
  pending: many(1_000, (index) => ({ ...view.request, id: requestId(`req_${index}`) })),
  waitingForMe: many(1_000, (index) => ({ ...view.request, id: requestId(`req_w${index}`) })),
});

/** Every function that draws what Slack shows, by its name. */
const CASES: Readonly<Record<string, Case>> = {
  *requestCard(_, view) {
    yield kept(requestCard(view, en));
  },
  *noticeMessage(_, view) {
    for (const name of Object.keys(NOTICES)) yield message(noticeMessage(name as NoticeName, view, en));
  },
  *breakGlassAlert(_, view) {
    yield message(breakGlassAlert(view, en));
  },
  *alertMessage(words, view) {
    yield kept(
      alertMessage(view, { repeat: 99, owners: many(50, () => words(80)), people: PEOPLE, ...escalation(words) }, en),
    );
    yield kept(
      alertMessage(view, { repeat: 0, owners: many(50, () => words(80)), people: [], ...escalation(words) }, en),
    );
  },
  *alertReminder(words, view) {
    yield message(
      alertReminder(view, { repeat: 99, owners: many(50, () => words(80)), people: [], ...escalation(words) }, en),
    );
  },
  *threadLineMessage(words, view) {
    for (const event of eventsOf(view, words)) {
      const line = threadLineMessage(999, event, view, en);
      if (line !== null) yield message(line);
    }
  },
  *driftMessage(words) {
    const drifts = many(1_000, (index) => driftOf(words, index));
    yield kept(driftMessage({ system: systemOf(words), drifts, paused: true, now: T0 }, en));
  },
  policyNewsMessage: rows(function* (words, view) {
    yield message(policyNewsMessage({ news: 'refused', lines: many(200, () => words(2_000)) }, en));
    const disallowed = many(1_000, () => ({
      grant: grantOf(view.request, words),
      why: 'needs_approval' as const,
      rule: words(80),
    }));
    yield message(policyNewsMessage({ news: 'tightened', version: 'f'.repeat(64), disallowed, closed: 50 }, en));
  }),
  *plainMessage(words) {
    yield message(
      plainMessage(en.watch.security({ notice: 'database_restored', was: words(2_000), is: words(2_000) })),
    );
  },
  statusBlocks: rows(function* (words, view) {
    const blocks = statusBlocks(status(words, view), LINK, en);
    yield message({ text: 'status', blocks });
  }),
  *homeView(words, view) {
    const { grants, pending, waitingForMe, extensible } = status(words, view);
    const facts: HomeFacts = {
      ok: true,
      now: T0,
      waiting: pageOf(waitingForMe.slice(0, HOME_ROWS)),
      reviews: pageOf(pending.slice(0, HOME_ROWS)),
      access: pageOf(grants.slice(0, HOME_ROWS)),
      extensible,
      pending: pageOf(pending.slice(0, HOME_ROWS)),
      past: pageOf(pending.slice(0, HOME_ROWS)),
      askable: new Set(pending.map(({ id }) => id)),
      admin: {
        failing: pageOf(grants.slice(0, HOME_ROWS)),
        drift: pageOf(many(HOME_ROWS, (index) => driftOf(words, index * 2))),
        everything: pageOf(grants.slice(0, HOME_ALL_ROWS)),
      },
      shows: new Set(),
      away: { own: awayOf(words), handedToMe: many(100, () => awayOf(words)) },
    };
    yield shown(homeView(facts, LINK, en));
  },
  *refusedHomeView(words) {
    yield shown(refusedHomeView(esc(words(3_000)), en));
  },
  *noticeModal(words) {
    yield shown(noticeModal(en.commands.failed(words(3_000)), en));
  },
  *waitModal() {
    yield shown(waitModal(en));
  },
  proofModal: rows(function* (words, view) {
    if (view.grant === null) return;
    const events = many(20, () => eventsOf(view, words)).flat();
    yield shown(proofModal({ request: view.request, grant: view.grant, events, note: null, now: T0 }, en));
  }),
  *requestForm(words) {
    const memory = {
      channel: 'C0123456789',
      offer: { ...offerOf(words, 0), key: LONGEST_KEY },
      turn: 99,
      understood: null,
    };
    const values = { duration: words(60), start: words(60), ticket: words(200), reason: words(3_000) };
    yield shown(requestForm(memory, values, en.commands.failed(words(3_000)), en));
    yield shown(requestForm({ ...memory, offer: null }, values, null, en));
    const times = { startsAt: T0, durationSeconds: 86_400 * 30 - 1, endsBy: null };
    yield shown(requestFormWith(memory, values, { times, zone: 'America/Argentina/Buenos_Aires' }, en));
  },
  *denyForm(_, view) {
    yield shown(denyForm(view.request, 99, en));
  },
  *editForm(words, view) {
    const narrower = many(NARROWER_LIMIT, (index) => ({
      role: { title: words(80), key: roleKey(`${'n'.repeat(80)}/${'o'.repeat(76)}${index + 100}`) },
      approvals: 50,
    }));
    yield shown(editForm({ request: view.request, narrower }, 99, en));
  },
  *extendForm(words, view) {
    const grant = grantOf(view.request, words, { status: 'active' });
    const offer = { grant, request: view.request, proposedSeconds: 1e6, maxSeconds: 1e6, reasonMinLength: 1_000 };
    yield shown(extendForm(offer, en));
  },
  *reviewForm(_, view) {
    yield shown(reviewForm(view.request, en));
  },
  *resolveForm(words, view) {
    yield shown(resolveForm(grantOf(view.request, words), en));
  },
  revokeForm: rows(function* (words, view) {
    yield shown(
      revokeForm(
        PEOPLE[0] ?? slackUserId('U0'),
        many(1_000, () => grantOf(view.request, words)),
        en,
      ),
    );
  }),
  *acceptForm(words) {
    yield shown(acceptForm(driftOf(words, 0), PEOPLE[0] ?? slackUserId('U0'), T0, en));
  },
  *ignoreForm(words) {
    yield shown(ignoreForm(driftOf(words, 0), T0, en));
  },
  *optionGroups(words) {
    const offers = many(1_000, (index) => offerOf(words, index));
    yield validateOptions({ option_groups: optionGroups(offers.slice(0, 100), 5, offers.length, en) });
  },
};

describe('at its worst, Slack takes it: 3,000 characters of anything, 100 approvers, 1,000 roles, names of 80 characters', () => {
  for (const [name, draw] of Object.entries(CASES)) {
    it.each(ALL_WORDS)(`${name}, %s`, (_, words) => {
      // What is drawn from a list of a thousand is the same for every view.
      const some = [...views(words)].filter((_, index) => draw.length === 2 || index % 12 === 0);
      for (const view of some) for (const found of draw(words, view)) expect(found).toEqual([]);
    });
  }

  it('is asked of everything that draws something', () => {
    const drawing = /export (?:const|function) (\w+(?:Card|Message|Form|Modal|Alert|Reminder|Blocks|View))\b/g;
    const names = ['cards', 'views', 'home'].flatMap((folder) =>
      readdirSync(join(FOLDER, folder)).flatMap((file) =>
        [...readFileSync(join(FOLDER, folder, file), 'utf8').matchAll(drawing)].map(([, name]) => name),
      ),
    );
    expect(names.filter((name) => name !== undefined && !(name in CASES))).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
  });
});
