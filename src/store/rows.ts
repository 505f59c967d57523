import { z } from 'zod';
import { grantId, requestId, slackUserId, workspaceId } from '../domain/ids.ts';
import type { PersonRef } from '../domain/person.ts';
import { BadRow } from './errors.ts';

// How stored values become the domain's. What is kept as jsonb is read loosely: members that this version does not know are kept, not refused.

export const textAs = <T>(brand: (text: string) => T) => z.string().transform(brand);
export const storedRequestId = textAs(requestId);
export const storedGrantId = textAs(grantId);
export const storedUserId = textAs(slackUserId);
export const storedWorkspaceId = textAs(workspaceId);

/** A timestamptz column; inside of jsonb it is text. */
export const storedDate = z.union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))]);

export const personSchema: z.ZodType<PersonRef> = z.looseObject({
  slackUserId: storedUserId,
  email: z.string(),
  name: z.string(),
});

/** Reads one row. A row that cannot be read throws `BadRow`, naming the table, the row and the first field that is wrong. */
export function readRow<T>(table: string, id: string, schema: z.ZodType<T>, row: unknown): T {
  const read = schema.safeParse(row);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const key = typeof row === 'object' && row !== null ? String(Reflect.get(row, id)) : '?';
  throw new BadRow(table, key, issue?.path.join('.') || 'row', issue?.message ?? 'it is not what was expected');
}

// PostgreSQL keeps neither of these in text or jsonb: the character NUL, and half of a surrogate pair.
const UNSTORABLE = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** The text with a replacement character for each character that PostgreSQL cannot keep. */
export const storableText = (text: string): string => text.replace(UNSTORABLE, '\uFFFD');

/** The value with all its texts storable. What is hashed must be what is kept. */
export function storable<T>(value: T): T {
  return isStorable(JSON.stringify(value)) ? value : (clean(value) as T);
}

/** As JSON both are escapes, which tells what need not be walked through. */
const isStorable = (json: string): boolean => !/\\u0000|\\ud[89a-f]/i.test(json);

function clean(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [storableText(name), clean(member)]));
}

/** The value as the text of a jsonb parameter. Dates become ISO 8601 in UTC. */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value);
  return isStorable(json) ? json : JSON.stringify(clean(value));
}

/** Why a grant ended, in grants and in the audit. */
export const endedBecause = z.enum([
  'expired',
  'returned',
  'revoked',
  'unused',
  'provisioning_failed',
  'user_deactivated',
  'ticket_closed',
  'resolved_unverified',
  'not_started',
  'policy_denied',
]);
