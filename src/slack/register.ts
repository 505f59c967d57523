import type { App } from '@slack/bolt';
import { slackUserId } from '../domain/ids.ts';
import { acknowledge } from './acknowledge.ts';
import { ACTION, CALLBACK } from './action-ids.ts';
import { askAbout } from './actions/ask-about.ts';
import { askAgain } from './actions/ask-again.ts';
import { chooseRole } from './actions/choose-role.ts';
import { type Click, onClick, reachOf } from './actions/click.ts';
import { approve, openDeny, openEdit } from './actions/decide.ts';
import { extend, openExtend } from './actions/extend.ts';
import { cancel, done, keep, nudge, start } from './actions/give-back.ts';
import { openReview } from './actions/review.ts';
import { revokeDisallowed } from './actions/revoke-disallowed.ts';
import { openAccept, openIgnore, openProof, openResolve, retry, revokeDrift } from './actions/step-in.ts';
import { openResolveAll, retryAll } from './actions/step-in-for-all.ts';
import { suggestRoles } from './actions/suggest-roles.ts';
import { turnPage } from './actions/turn-page.ts';
import { elevate, openForm } from './commands/elevate.ts';
import { type Actor, actorOf, type Desk, explain, STRANGER, sentenceFor, serve } from './desk.ts';
import type { Once } from './once.ts';
import {
  clickPayload,
  commandPayload,
  homeOpened,
  messageShortcut,
  type SubmissionPayload,
  submissionPayload,
  suggestionPayload,
  userChanged,
} from './payloads.ts';
import type { Turns } from './turns.ts';
import { answerSubmission, type Outcome, say } from './views/submission.ts';
import { submitEditForm } from './views/submit-edit-form.ts';
import { submitExtendForm } from './views/submit-extend-form.ts';
import { submitDenyForm, submitReviewForm, submitRevokeForm } from './views/submit-other-forms.ts';
import { submitRequestForm } from './views/submit-request-form.ts';
import {
  submitAcceptForm,
  submitIgnoreForm,
  submitResolveAllForm,
  submitResolveForm,
} from './views/submit-watch-forms.ts';

const BUTTONS: Readonly<Record<string, { what: string; handler: (desk: Desk, click: Click) => Promise<void> }>> = {
  [ACTION.approve]: { what: 'an approval', handler: approve },
  [ACTION.deny]: { what: 'a denial', handler: openDeny },
  [ACTION.edit]: { what: 'a form for a change', handler: openEdit },
  [ACTION.cancel]: { what: 'a cancellation', handler: cancel },
  [ACTION.done]: { what: 'a return', handler: done },
  [ACTION.start]: { what: 'a start', handler: start },
  [ACTION.keep]: { what: 'a word that it is used', handler: keep },
  [ACTION.extend]: { what: 'an extension', handler: extend },
  [ACTION.extendForm]: { what: 'a form for an extension', handler: openExtend },
  [ACTION.retry]: { what: 'another try', handler: retry },
  [ACTION.retryAll]: { what: 'another try for all', handler: retryAll },
  [ACTION.resolveAll]: { what: 'a form to mark all resolved', handler: openResolveAll },
  [ACTION.resolve]: { what: 'a form to mark resolved', handler: openResolve },
  [ACTION.proof]: { what: 'a proof', handler: openProof },
  [ACTION.driftAccept]: { what: 'a form to accept drift', handler: openAccept },
  [ACTION.driftIgnore]: { what: 'a form to ignore drift', handler: openIgnore },
  [ACTION.driftRevoke]: { what: 'taking drift away', handler: revokeDrift },
  [ACTION.revokeDisallowed]: { what: 'a revocation by policy', handler: revokeDisallowed },
  [ACTION.review]: { what: 'a review', handler: openReview },
  [ACTION.nudge]: { what: 'a nudge', handler: nudge },
  [ACTION.again]: { what: 'a request form', handler: askAgain },
  [ACTION.pageBack]: { what: 'a page of a Home', handler: turnPage },
  [ACTION.pageOn]: { what: 'a page of a Home', handler: turnPage },
  [ACTION.ask]: { what: 'a request form', handler: openForm },
};

const FORMS: Readonly<
  Record<string, { what: string; submit: (desk: Desk, actor: Actor, payload: SubmissionPayload) => Promise<Outcome> }>
> = {
  [CALLBACK.ask]: { what: 'a request form', submit: submitRequestForm },
  [CALLBACK.deny]: { what: 'a denial', submit: submitDenyForm },
  [CALLBACK.edit]: { what: 'a change', submit: submitEditForm },
  [CALLBACK.extend]: { what: 'an extension', submit: submitExtendForm },
  [CALLBACK.resolve]: { what: 'a form to mark resolved', submit: submitResolveForm },
  [CALLBACK.resolveAll]: { what: 'marking all resolved', submit: submitResolveAllForm },
  [CALLBACK.driftAccept]: { what: 'accepting drift', submit: submitAcceptForm },
  [CALLBACK.driftIgnore]: { what: 'ignoring drift', submit: submitIgnoreForm },
  [CALLBACK.review]: { what: 'a review', submit: submitReviewForm },
  [CALLBACK.revoke]: { what: 'a revocation', submit: submitRevokeForm },
};

/**
 * Which handler hears what. Commands and clicks are acknowledged before anything is asked; submissions and searches are answered
 * with their acknowledgement. A delivery that comes twice has the same trigger_id and runs once.
 */
export function register(app: App, desk: Desk, once: Once, turns: Turns): void {
  const answered = (what: string, ack: () => Promise<void>) => acknowledge(desk.log, what, ack);

  app.command('/elevate', async ({ ack, body }) => {
    await answered('a command', ack);
    await turns.take();
    const payload = commandPayload.parse(body);
    await once(payload.trigger_id, () => elevate(desk, payload));
  });

  for (const [actionId, { what, handler }] of Object.entries(BUTTONS)) {
    app.action(actionId, async ({ ack, body }) => {
      await answered(what, ack);
      await turns.take();
      const payload = clickPayload.parse(body);
      await once(payload.trigger_id, () => onClick(desk, payload, what, handler));
    });
  }

  app.shortcut({ type: 'message_action', callback_id: CALLBACK.about }, async ({ ack, body }) => {
    await answered('a message shortcut', ack);
    await turns.take();
    const payload = messageShortcut.parse(body);
    await once(payload.trigger_id, () => askAbout(desk, payload));
  });

  app.action(ACTION.role, async ({ ack, body }) => {
    await answered('a choice', ack);
    await turns.take();
    const payload = clickPayload.parse(body);
    const work = (): Promise<void> => serve(desk, reachOf(payload), 'a choice', () => chooseRole(desk, payload));
    await once(payload.trigger_id, work);
  });

  app.options(ACTION.role, async ({ ack, body }) => {
    const payload = suggestionPayload.parse(body);
    const found = await suggestRoles(desk, payload).catch((error: unknown) => {
      sentenceFor(desk, error, 'a search');
      return { option_groups: [] };
    });
    await answered('a search', () => ack(found));
  });

  for (const [callbackId, { what, submit }] of Object.entries(FORMS)) {
    app.view(callbackId, async ({ ack, body }) => {
      const payload = submissionPayload.parse(body);
      const answer = await once(payload.trigger_id, () =>
        answerSubmission(desk, { view: payload.view, user: slackUserId(payload.user.id) }, what, async () => {
          const actor = await actorOf(desk, payload.user.id, [payload.team?.id, payload.user.team_id]);
          if (actor !== null) return submit(desk, actor, payload);
          return say(await explain(desk, null, STRANGER));
        }),
      );
      await answered(what, () => (answer.now === undefined ? ack() : ack(answer.now)));
      await answer.later();
    });
  }

  // Slack sends it for every change of a profile; only one matters here. It may come twice, which ends nothing twice.
  app.event('user_change', async ({ event, body }) => {
    const { user } = userChanged.parse(event);
    if (user.deleted !== true) return;
    const actor = await actorOf(desk, user.id, [body.team_id]);
    if (actor === null) return;
    const ended = await desk.usecases().endDeactivated(actor);
    if (ended > 0) desk.log.warn({ user: user.id, ended }, 'A deactivated person still held access, which ends now');
  });

  app.event('app_home_opened', async ({ event, body }) => {
    const { user, tab } = homeOpened.parse(event);
    if (tab !== undefined && tab !== 'home') return;
    const actor = await actorOf(desk, user, [body.team_id]);
    if (actor !== null) await desk.homes.show(actor);
  });
}
