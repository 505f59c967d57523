import { z } from 'zod';
import { roleKey } from '../domain/ids.ts';
import type { StoredDecision } from '../domain/policy/replay/replay.ts';
import type { Db } from './database.ts';
import { factsSchema, policyDecisionSchema } from './policy-rows.ts';
import { readRow, textAs } from './rows.ts';

/** Rows of one page: a few megabytes with their traces. */
const PAGE = 500;

const row = z
  .object({
    id: z.string(),
    role_key: textAs(roleKey),
    requester_id: z.string(),
    created_at: z.date(),
    facts: factsSchema,
    policy_decision: policyDecisionSchema,
    refused: z.boolean(),
  })
  .transform(
    (read): StoredDecision => ({
      requestId: read.id,
      role: read.role_key,
      requester: read.requester_id,
      createdAt: read.created_at,
      facts: read.facts,
      decision: read.policy_decision,
      refused: read.refused,
    }),
  );

/**
 * Every stored request since a moment, also those that the policy refused at once, of all workspaces, page by page in the order of their ids, so that memory stays the same however
 * many there are. A row that cannot be read is told to `onBad` and left out.
 */
export async function* storedDecisions(
  db: Db,
  since: Date,
  onBad: (error: unknown) => void,
): AsyncGenerator<StoredDecision> {
  let after = '';
  for (;;) {
    const rows = await db.query<{ id: string }>`
      SELECT id, role_key, requester_id, created_at, facts, policy_decision, status = 'refused' AS refused FROM requests
      WHERE id > ${after} AND created_at >= ${since} ORDER BY id LIMIT ${PAGE}`;
    for (const each of rows) {
      after = each.id;
      let read: StoredDecision;
      try {
        read = readRow('requests', 'id', row, each);
      } catch (error) {
        onBad(error);
        continue;
      }
      yield read;
    }
    if (rows.length < PAGE) return;
  }
}
