import type { AccessRequest } from '../../domain/request.ts';
import type { Review } from '../../domain/review.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { esc, mention, when } from '../blocks.ts';
import { groups, mentions, plural } from './en-words.ts';

/** Where the requester is the only one of them, or their groups are empty. */
const NOBODY =
  '⚠ Nobody can close its review: there is nobody but the requester who may. Whoever maintains the policy can name somebody under `admins`, who may then.';

/** The review after a use of break-glass. */
export const review = {
  open: 'Review…',
  openLabel: (request: AccessRequest): string => `Review how ${request.requester.name} used break-glass`,
  due: ({ dueAt, reminders }: Review, reviewers: readonly string[]): string =>
    `*Review due* ${when(dueAt)}: ${esc(groups([...reviewers, 'an admin']))} says whether this was justified.${reminders > 0 ? ` Reminded ${plural(reminders, 'time')}.` : ''}`,
  /** Who can close it, by name; empty while nobody can say. */
  waitsFor: ({ approvers, unsure }: Pick<RequestView, 'approvers' | 'unsure'>): string =>
    approvers.length > 0 ? `Its review waits for ${mentions(approvers)}.` : unsure ? '' : NOBODY,
  closed: ({ status, by, at }: Review): string =>
    `*Review:* ${status === 'justified' ? '✓ justified' : '✗ not justified'}, says ${by ? mention(by.slackUserId) : 'somebody'} ${at ? when(at) : ''}.`,
};
