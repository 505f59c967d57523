import { z } from 'zod';
import type { LookupFailure } from '../domain/policy/lookup.ts';

/** Why somebody could not be looked up, as it was stored. */
export const lookupFailure: z.ZodType<LookupFailure> = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('no_manager') }),
  z.looseObject({ kind: z.literal('no_group'), group: z.string() }),
  z.looseObject({ kind: z.literal('unanswered'), group: z.string(), detail: z.string(), lasting: z.boolean() }),
]);
