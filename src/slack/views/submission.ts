import type { SlackUserId } from '../../domain/ids.ts';
import { esc, type Modal } from '../blocks.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Desk, sentenceFor } from '../desk.ts';
import { ANSWER_WITHIN_MS } from '../limits.ts';
import type { ViewPayload } from '../payloads.ts';
import { within } from '../within.ts';
import { noticeModal, waitModal } from './notice-modal.ts';

/** What becomes of a submitted form. `said` is what a form that stayed open too long says instead of closing. */
export type Outcome =
  | { readonly kind: 'close'; readonly said: string }
  /** Plain sentences by block id. */
  | { readonly kind: 'errors'; readonly errors: Readonly<Record<string, string>> }
  /** A form that is to be looked at again. */
  | { readonly kind: 'show'; readonly view: Modal }
  /** A sentence in mrkdwn, in the place of the form. */
  | { readonly kind: 'say'; readonly sentence: string }
  /** It did not work: a sentence in plain text at the form's first field, so that what was typed stays. */
  | { readonly kind: 'failed'; readonly sentence: string };

export const say = (sentence: string): Outcome => ({ kind: 'say', sentence });

/** Slack: "Modals", response_action. Nothing at all closes the form. */
export type SubmissionAnswer =
  | undefined
  | { readonly response_action: 'errors'; readonly errors: Record<string, string> }
  | { readonly response_action: 'update'; readonly view: Modal };

/**
 * Answers a submission within Slack's three seconds. Work that takes longer goes on behind a form that says so, and `later`, called once
 * Slack has that form, puts the outcome into it. Where that cannot be, the person is told by direct message. Never throws.
 */
export async function answerSubmission(
  desk: Desk,
  { view, user }: { readonly view: ViewPayload; readonly user: SlackUserId },
  what: string,
  work: () => Promise<Outcome>,
): Promise<{ readonly now: SubmissionAnswer; readonly later: () => Promise<void> }> {
  const working = work().catch((error: unknown): Outcome => {
    return { kind: 'failed', sentence: sentenceFor(desk, error, what) };
  });
  const first = await within(working, ANSWER_WITHIN_MS);
  if (first.inTime) return { now: answerOf(desk, view, first.answer), later: async () => {} };
  const later = async (): Promise<void> => answerLate(desk, view.id, user, await working);
  return { now: { response_action: 'update', view: waitModal(desk.text) }, later };
}

async function answerLate(desk: Desk, view: string, user: SlackUserId, outcome: Outcome): Promise<void> {
  const sentence = sentenceOf(desk, outcome);
  const shown = outcome.kind === 'show' ? outcome.view : noticeModal(sentence, desk.text);
  try {
    if (await desk.screen.update(view, shown)) return;
  } catch (error) {
    desk.log.warn({ err: error }, 'The form of a late answer could not be changed; the person is told by message');
  }
  const reach = { user, channel: null, responseUrl: null };
  await desk.screen.tell(reach, plainMessage(sentence)).catch((error: unknown) => {
    desk.log.warn({ err: error }, 'Nor could the person be told');
  });
}

function answerOf(desk: Desk, view: ViewPayload, outcome: Outcome): SubmissionAnswer {
  switch (outcome.kind) {
    case 'close':
      return undefined;
    case 'errors':
      return { response_action: 'errors', errors: { ...outcome.errors } };
    case 'show':
      return { response_action: 'update', view: outcome.view };
    case 'say':
      return { response_action: 'update', view: noticeModal(outcome.sentence, desk.text) };
    case 'failed': {
      const field = Object.keys(view.state?.values ?? {})[0];
      if (field !== undefined) return { response_action: 'errors', errors: { [field]: outcome.sentence } };
      return { response_action: 'update', view: noticeModal(esc(outcome.sentence), desk.text) };
    }
  }
}

function sentenceOf(desk: Desk, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'close':
      return outcome.said;
    case 'errors':
      return `${Object.values(outcome.errors).map(esc).join('\n')} ${desk.text.commands.notSent}`;
    case 'show':
      return desk.text.commands.formLost;
    case 'say':
      return outcome.sentence;
    case 'failed':
      return esc(outcome.sentence);
  }
}
