import { Prisma } from './generated/client.ts';

/** A request `r` with its decisions. */
export const requestColumns = Prisma.sql`r.*, (
  SELECT coalesce(jsonb_agg(to_jsonb(d) ORDER BY d.position), '[]') FROM decisions d WHERE d.request_id = r.id
) AS decisions`;

/** Reads the rows of a list that serves everybody: one that cannot be read is told of and left out. */
export type Skipping = <T>(rows: readonly unknown[], read: (row: unknown) => T) => T[];
