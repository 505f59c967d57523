import { createHash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** The id of an entitlement behind a connection: the same words are the same system, whichever role or grant uses them. */
export function systemId(of: {
  readonly connector: string;
  readonly connectorType: string;
  readonly connection: unknown;
  readonly entitlement: unknown;
}): string {
  return shortHash([of.connector, of.connectorType, of.connection, of.entitlement]);
}

/** The id of a connection to a target system, whatever is granted on it. */
export function connectionId(of: {
  readonly connector: string;
  readonly connectorType: string;
  readonly connection: unknown;
}): string {
  return shortHash([of.connector, of.connectorType, of.connection]);
}

const shortHash = (of: readonly unknown[]): string =>
  createHash('sha256').update(canonicalJson(of)).digest('hex').slice(0, 16);
