import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** The id of an entitlement behind a connection: the same words are the same system, whichever role or grant uses them. */
export function systemId(of: {
  readonly connector: string;
  readonly connectorType: string;
  readonly connection: unknown;
  readonly entitlement: unknown;
}): string {
  const name = canonicalJson([of.connector, of.connectorType, of.connection, of.entitlement]);
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}
