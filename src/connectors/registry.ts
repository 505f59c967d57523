import { canonicalJson } from '../domain/json.ts';
import {
  type Connector,
  type ConnectorSurroundings,
  type Connectors,
  type ConnectorType,
  Outage,
} from '../usecases/ports.ts';
import { postgres } from './postgres.ts';

/** Every kind of target Elevate knows: one line each. */
const all: readonly ConnectorType[] = [postgres];

export const connectorTypes: ReadonlyMap<string, ConnectorType> = new Map(all.map((type) => [type.type, type]));

/**
 * Opens connectors when they are first asked for and keeps them: a grant that outlives its policy still finds the connection
 * it was made with. `close` closes all of them and throws the first error there was.
 */
export function openConnectors(
  given: ConnectorSurroundings,
  types: ReadonlyMap<string, ConnectorType> = connectorTypes,
): Connectors & { close(): Promise<void> } {
  const opened = new Map<string, Connector>();
  return {
    get(name, typeName, connection) {
      const key = canonicalJson([name, typeName, connection]);
      const known = opened.get(key);
      if (known) return known;
      const type = types.get(typeName);
      if (!type) {
        const known = [...types.keys()].join(', ');
        throw new Outage(
          'permanent',
          `Connector ${name} is of type "${typeName}", which this version does not have. It has: ${known}.`,
        );
      }
      const connector = type.open(name, connection, given);
      opened.set(key, connector);
      return connector;
    },
    async close() {
      const connectors = [...opened.values()];
      opened.clear();
      const closings = await Promise.allSettled(connectors.map((connector) => connector.close()));
      const failed = closings.find((closing) => closing.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
