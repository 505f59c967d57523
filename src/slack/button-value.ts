import { z } from 'zod';
import { type GrantId, grantId, type RequestId, requestId } from '../domain/ids.ts';
import { HOME_LISTS, type HomeList } from '../usecases/home-of.ts';

/**
 * What a button carries (Slack: "Button element", value). It comes back signed by Slack but chosen by nobody we can trust to be
 * current, so it names a row and a revision and never an authority.
 */
const decisionSchema = z.strictObject({ request: z.string().max(64), revision: z.int().min(1) });
const requestSchema = z.strictObject({ request: z.string().max(64) });
const grantSchema = z.strictObject({ grant: z.string().max(64) });
const driftSchema = z.strictObject({ drift: z.string().max(64) });
const targetSchema = z.strictObject({ target: z.string().max(300) });
const pageSchema = z.strictObject({ list: z.enum(HOME_LISTS), page: z.int().min(0) });
const extensionSchema = z.strictObject({ grant: z.string().max(64), extensions: z.int().min(0) });

export const decisionValue = (request: RequestId, revision: number): string => JSON.stringify({ request, revision });
export const requestValue = (request: RequestId): string => JSON.stringify({ request });
export const grantValue = (grant: GrantId): string => JSON.stringify({ grant });
export const driftValue = (drift: string): string => JSON.stringify({ drift });
/** `target` as the outbox names it: a workspace and a hash. */
export const targetValue = (target: string): string => JSON.stringify({ target });
export const pageValue = (list: HomeList, page: number): string => JSON.stringify({ list, page });
/** `extensions`: how often the grant was extended when this was drawn. */
export const extensionValue = (grant: GrantId, extensions: number): string => JSON.stringify({ grant, extensions });

/** The readers return null for anything that we did not write ourselves. */
export function readDecision(value: string): { requestId: RequestId; revision: number } | null {
  const read = decisionSchema.safeParse(json(value));
  return read.success ? { requestId: requestId(read.data.request), revision: read.data.revision } : null;
}

export function readRequest(value: string): RequestId | null {
  const read = requestSchema.safeParse(json(value));
  return read.success ? requestId(read.data.request) : null;
}

export function readGrant(value: string): GrantId | null {
  const read = grantSchema.safeParse(json(value));
  return read.success ? grantId(read.data.grant) : null;
}

export function readTarget(value: string): string | null {
  const read = targetSchema.safeParse(json(value));
  return read.success ? read.data.target : null;
}

export function readDrift(value: string): string | null {
  const read = driftSchema.safeParse(json(value));
  return read.success ? read.data.drift : null;
}

export function readPage(value: string): { list: HomeList; page: number } | null {
  const read = pageSchema.safeParse(json(value));
  return read.success ? read.data : null;
}

export function readExtension(value: string): { grantId: GrantId; seenExtensions: number } | null {
  const read = extensionSchema.safeParse(json(value));
  return read.success ? { grantId: grantId(read.data.grant), seenExtensions: read.data.extensions } : null;
}

/** null for what is no JSON. */
export function json(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}
