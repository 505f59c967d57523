import { z } from 'zod';
import type { Grant } from '../../domain/grant.ts';
import { type GrantId, grantId, type SlackUserId } from '../../domain/ids.ts';
import type { LookupFailure } from '../../domain/policy/lookup.ts';
import { CALLBACK, FIELD } from '../action-ids.ts';
import { type Modal, plain, section } from '../blocks.ts';
import { json } from '../button-value.ts';
import { paragraphs } from '../cards/paragraphs.ts';
import { INPUT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Grants that one form ends: their ids must fit into private_metadata (3,000 characters), and nobody reads a longer list. */
const GRANTS_MAX = 50;
const memorySchema = z.strictObject({ grants: z.array(z.string().max(64)).max(GRANTS_MAX) });

/** What ends, and the question whether it should. Slack has no danger style for a form's button, so its words carry it. */
export function revokeForm(
  holder: SlackUserId,
  { grants, unsure }: { readonly grants: readonly Grant[]; readonly unsure: LookupFailure | null },
  text: Text,
): Modal {
  const words = text.forms.revoke;
  const named = grants.slice(0, GRANTS_MAX);
  const lines = named.map((grant) => words.mrkdwnGrant(grant));
  if (named.length < grants.length) lines.push(words.more(grants.length - named.length));
  if (unsure !== null) lines.push(words.mrkdwnUnsure(unsure));
  return {
    type: 'modal',
    callback_id: CALLBACK.revoke,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: JSON.stringify({ grants: named.map((grant) => grant.id) }),
    blocks: [
      section(words.mrkdwnIntro(holder, named.length)),
      ...paragraphs(lines).map(section),
      {
        type: 'input',
        block_id: FIELD.reason,
        optional: true,
        label: plain(words.reason),
        hint: plain(words.reasonHint),
        element: { type: 'plain_text_input', action_id: FIELD.reason, multiline: true, max_length: INPUT_MAX },
      },
    ],
  };
}

export function readRevoke(metadata: string): readonly GrantId[] {
  const read = memorySchema.safeParse(json(metadata));
  return read.success ? read.data.grants.map(grantId) : [];
}
