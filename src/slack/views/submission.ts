import type { Modal } from '../blocks.ts';
import { type Desk, sentenceFor } from '../desk.ts';
import { ANSWER_WITHIN_MS } from '../limits.ts';
import { within } from '../within.ts';
import { noticeModal, waitModal } from './notice-modal.ts';

/** What becomes of a submitted form. `said` is what a form that stayed open too long says instead of closing. */
export type Outcome =
  | { readonly kind: 'close'; readonly said: string }
  /** Plain sentences by block id. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly kind: 'show'; readonly view: Modal };

/** Slack: "Modals", response_action. Nothing at all closes the form. */
export type SubmissionAnswer =
  | undefined
  | { readonly response_action: 'errors'; readonly errors: Record<string, string> }
  | { readonly response_action: 'update'; readonly view: Modal };

/**
 * Answers a submission within Slack's three seconds. Work that takes longer goes on behind a form that says so, and `later` puts
 * the outcome into it.
 */
export async function answerSubmission(
  desk: Desk,
  viewId: string,
  what: string,
  work: () => Promise<Outcome>,
): Promise<{ readonly now: SubmissionAnswer; readonly later: Promise<void> }> {
  const working = work().catch((error: unknown): Outcome => {
    return { kind: 'show', view: noticeModal(sentenceFor(desk, error, what), desk.text) };
  });
  const first = await within(working, ANSWER_WITHIN_MS);
  if (first.inTime) return { now: answerOf(first.answer), later: Promise.resolve() };
  const later = working.then((outcome) => desk.screen.update(viewId, viewOf(desk, outcome)));
  return { now: { response_action: 'update', view: waitModal(desk.text) }, later };
}

function answerOf(outcome: Outcome): SubmissionAnswer {
  switch (outcome.kind) {
    case 'close':
      return undefined;
    case 'errors':
      return { response_action: 'errors', errors: { ...outcome.errors } };
    case 'show':
      return { response_action: 'update', view: outcome.view };
  }
}

function viewOf(desk: Desk, outcome: Outcome): Modal {
  switch (outcome.kind) {
    case 'close':
      return noticeModal(outcome.said, desk.text);
    case 'errors':
      return noticeModal(Object.values(outcome.errors).join('\n'), desk.text);
    case 'show':
      return outcome.view;
  }
}
