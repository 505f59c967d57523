import type { z } from 'zod';

/** The schemas of every kind of connector that a policy may use, by `type`. The connection's schema sees it without `type`. */
export type ConnectorSchemas = Readonly<
  Record<string, { readonly connection: z.ZodType; readonly entitlement: z.ZodType; readonly observesUse?: boolean }>
>;
