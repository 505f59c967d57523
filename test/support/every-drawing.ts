import type { NoticeName } from '../../src/domain/effect.ts';
import { grantId, requestId, roleKey, slackUserId } from '../../src/domain/ids.ts';
import type { Json } from '../../src/sandbox/workspace/json.ts';
import { optionGroups } from '../../src/slack/actions/suggest-roles.ts';
import { esc, type Message } from '../../src/slack/blocks.ts';
import { alarmMessage, alarmReminder } from '../../src/slack/cards/alarm.ts';
import { alertMessage, alertReminder } from '../../src/slack/cards/alert.ts';
import { requestCard } from '../../src/slack/cards/card.ts';
import { driftMessage } from '../../src/slack/cards/drift.ts';
import { breakGlassAlert, noticeMessage, plainMessage } from '../../src/slack/cards/notice.ts';
import { policyNewsMessage } from '../../src/slack/cards/policy-news.ts';
import { statusBlocks } from '../../src/slack/cards/status.ts';
import { threadLineMessage } from '../../src/slack/cards/thread-line.ts';
import { homeView, refusedHomeView } from '../../src/slack/home/home.ts';
import type { Text } from '../../src/slack/text/en.ts';
import { denyForm } from '../../src/slack/views/deny-form.ts';
import { acceptForm, ignoreForm } from '../../src/slack/views/drift-forms.ts';
import { editForm } from '../../src/slack/views/edit-form.ts';
import { extendForm } from '../../src/slack/views/extend-form.ts';
import { noticeModal, waitModal } from '../../src/slack/views/notice-modal.ts';
import { proofModal } from '../../src/slack/views/proof-modal.ts';
import { requestForm, requestFormWith } from '../../src/slack/views/request-form.ts';
import { resolveAllForm, resolveForm } from '../../src/slack/views/resolve-form.ts';
import { reviewForm } from '../../src/slack/views/review-form.ts';
import { revokeForm } from '../../src/slack/views/revoke-form.ts';
import type { HomeFacts, Page } from '../../src/usecases/home-of.ts';
import { HOME_ALL_ROWS, HOME_ROWS, NARROWER_LIMIT } from '../../src/usecases/limits.ts';
import type { RequestView } from '../../src/usecases/ports.ts';
import { T0 } from './domain.ts';
import {
  alarmOf,
  awayOf,
  driftOf,
  escalation,
  eventsOf,
  grantOf,
  LONGEST_KEY,
  many,
  offerOf,
  PEOPLE,
  systemOf,
  type Words,
} from './worst-case.ts';

/** What is sent, and as what. `kept` is a message that is changed later. */
export interface Drawn {
  readonly as: 'message' | 'kept' | 'view' | 'options';
  readonly sent: Json;
}
export type Drawing = (words: Words, view: RequestView) => Iterable<Drawn>;

const message = (sent: Message): Drawn => ({ as: 'message', sent: { ...sent } });
const kept = (sent: Message): Drawn => ({ as: 'kept', sent: { ...sent } });
const shown = (sent: object): Drawn => ({ as: 'view', sent: { ...sent } });
/** A thousand rows, whose view hardly matters: drawn from a few only. */
const rows =
  (draw: Drawing): Drawing =>
  (...given) =>
    draw(...given);

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
  review_overdue: true,
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

/** A page in the middle of a thousand rows. */
const pageOf = <T>(rows: readonly T[]): Page<T> => ({ rows, total: 1_000, page: 7, pages: 200, from: 36 });

const status = (words: Words, view: RequestView) => ({
  now: T0,
  grants: many(1_000, () => grantOf(view.request, words, { status: 'active' })),
  extensible: new Set([grantId('grt_0000000000000001')]),
  pending: many(1_000, (index) => ({ ...view.request, id: requestId(`req_${index}`) })),
  waitingForMe: many(1_000, (index) => ({ ...view.request, id: requestId(`req_w${index}`) })),
  waitingMore: true,
});

/** Every function that draws what Slack shows, by its name, in one language. */
export function everyDrawing(text: Text): Readonly<Record<string, Drawing>> {
  const link = (): string =>
    text.commands.status.openCard(`https://example.slack.com/archives/C0123456789/p${'1'.repeat(16)}`);
  return {
    *requestCard(_, view) {
      yield kept(requestCard(view, text));
      yield kept(
        requestCard(view, text, { place: 'audit', link: 'https://example.slack.com/archives/C1/p1', again: true }),
      );
    },
    *noticeMessage(_, view) {
      for (const name of Object.keys(NOTICES) as NoticeName[]) {
        yield message(noticeMessage(name, view, null, text));
        yield message(
          noticeMessage(name, view, `https://example.slack.com/archives/C0123456789/p${'1'.repeat(16)}`, text),
        );
        yield message(plainMessage(text.noticeOver(name, view)));
      }
    },
    *breakGlassAlert(words, view) {
      yield message(breakGlassAlert(view, null, text));
      yield message(breakGlassAlert({ ...view, approvers: [] }, { channel: words(80), problem: words(3_000) }, text));
    },
    *alertMessage(words, view) {
      yield kept(
        alertMessage(
          view,
          { repeat: 99, owners: many(50, () => words(80)), people: PEOPLE, ...escalation(words) },
          text,
        ),
      );
      yield kept(
        alertMessage(view, { repeat: 0, owners: many(50, () => words(80)), people: [], ...escalation(words) }, text),
      );
      for (const ended of [
        { keptFor: words(30), called: true, stillGivenBy: [] },
        { keptFor: null, called: false, stillGivenBy: [] },
        { keptFor: null, called: true, stillGivenBy: many(50, () => words(63)) },
      ]) {
        yield message(
          alertMessage(view, { repeat: 0, owners: [], people: [], escalated: [], next: null, ended }, text),
        );
      }
    },
    *alertReminder(words, view) {
      yield message(
        alertReminder(view, { repeat: 99, owners: many(50, () => words(80)), people: [], ...escalation(words) }, text),
      );
    },
    *alarmMessage(words, view) {
      yield kept(alarmMessage(alarmOf(view.request, words), text));
    },
    *alarmReminder(words, view) {
      yield message(alarmReminder(alarmOf(view.request, words), text));
    },
    *threadLineMessage(words, view) {
      for (const event of eventsOf(view, words)) {
        for (const kind of ['timeline', 'record', 'calls'] as const) {
          const line = threadLineMessage({ kind, number: 999, again: true }, event, view, text);
          if (line !== null) yield message(line);
        }
      }
    },
    *driftMessage(words) {
      const drifts = many(1_000, (index) => driftOf(words, index));
      yield kept(driftMessage({ system: systemOf(words), drifts, paused: true, now: T0 }, text));
    },
    policyNewsMessage: rows(function* (words, view) {
      yield message(policyNewsMessage({ news: 'refused', lines: many(200, () => words(2_000)) }, text));
      const disallowed = many(1_000, () => ({
        grant: grantOf(view.request, words),
        why: 'needs_approval' as const,
        rule: words(80),
      }));
      yield message(policyNewsMessage({ news: 'tightened', version: 'f'.repeat(64), disallowed, closed: 50 }, text));
    }),
    *plainMessage(words) {
      for (const what of ['cards', 'timelines'] as const) {
        const notices = [
          { notice: 'channel_fails', channel: words(80), what, problem: words(3_000) },
          { notice: 'channel_works', channel: words(80), what },
        ] as const;
        for (const notice of notices) yield kept(plainMessage(text.watch.security(notice)));
      }
      const systems = many(50, () => ({ ...systemOf(words), lastError: words(3_000), failingSince: T0, toldAt: T0 }));
      for (const shown of [systems, []]) {
        const notice = { notice: 'reconciler_blind', blind: { connector: words(80), systems: shown } } as const;
        yield message(plainMessage(text.watch.security(notice)));
      }
      yield message(
        plainMessage(
          text.watch.security({
            notice: 'trouble',
            trouble: { what: 'database_restored', was: words(2_000), is: words(2_000), knowsUntil: null },
          }),
        ),
      );
    },
    statusBlocks: rows(function* (words, view) {
      const blocks = statusBlocks(status(words, view), link, text);
      yield message({ text: text.commands.status.plainTitle, blocks });
    }),
    *homeView(words, view) {
      const { grants, pending, waitingForMe, extensible } = status(words, view);
      const facts: HomeFacts = {
        ok: true,
        now: T0,
        latest: 1,
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
      yield shown(homeView(facts, link, text));
    },
    *refusedHomeView(words) {
      yield shown(refusedHomeView(esc(words(3_000)), text));
    },
    *noticeModal(words) {
      yield shown(noticeModal(esc(text.commands.failed(words(3_000), true)), text));
    },
    *waitModal() {
      yield shown(waitModal(text));
    },
    proofModal: rows(function* (words, view) {
      if (view.grant === null) return;
      const events = many(20, () => eventsOf(view, words)).flat();
      yield shown(proofModal({ request: view.request, grant: view.grant, events, note: null, now: T0 }, text));
    }),
    *requestForm(words) {
      const memory = {
        channel: 'C0123456789',
        offer: { ...offerOf(words, 0), key: LONGEST_KEY },
        turn: 99,
        understood: null,
      };
      const values = { duration: words(60), start: words(60), ticket: words(200), reason: words(3_000) };
      yield shown(requestForm(memory, values, esc(text.commands.failed(words(3_000), true)), text));
      yield shown(requestForm({ ...memory, offer: null }, values, null, text));
      const times = { startsAt: T0, durationSeconds: 86_400 * 30 - 1, endsBy: null };
      yield shown(requestFormWith(memory, values, { times, zone: 'America/Argentina/Buenos_Aires' }, text));
    },
    *denyForm(_, view) {
      yield shown(denyForm(view.request, 99, text));
    },
    *editForm(words, view) {
      const narrower = many(NARROWER_LIMIT, (index) => ({
        role: { title: words(80), key: roleKey(`${'n'.repeat(80)}/${'o'.repeat(76)}${index + 100}`) },
        approvals: 50,
      }));
      yield shown(editForm({ request: view.request, narrower }, 99, text));
    },
    *extendForm(words, view) {
      const grant = grantOf(view.request, words, { status: 'active' });
      const offer = { grant, request: view.request, proposedSeconds: 1e6, maxSeconds: 1e6, reasonMinLength: 1_000 };
      yield shown(extendForm(offer, text));
    },
    *reviewForm(_, view) {
      yield shown(reviewForm(view.request, text));
    },
    *resolveForm(words, view) {
      yield shown(resolveForm(grantOf(view.request, words), text));
    },
    *resolveAllForm() {
      yield shown(resolveAllForm('t'.repeat(200), 100_000, text));
    },
    revokeForm: rows(function* (words, view) {
      yield shown(
        revokeForm(
          PEOPLE[0] ?? slackUserId('U0'),
          {
            grants: many(1_000, () => grantOf(view.request, words)),
            unsure: { kind: 'unanswered', group: words(80), detail: words(3_000), lasting: true },
          },
          text,
        ),
      );
    }),
    *acceptForm(words) {
      yield shown(acceptForm(driftOf(words, 0), PEOPLE[0] ?? slackUserId('U0'), T0, text));
    },
    *ignoreForm(words) {
      yield shown(ignoreForm(driftOf(words, 0), T0, text));
    },
    *optionGroups(words) {
      const offers = many(1_000, (index) => offerOf(words, index));
      yield { as: 'options', sent: { option_groups: optionGroups(offers.slice(0, 100), 5, offers.length, text) } };
    },
  };
}
