import { postgresHarness } from '../support/connector-postgres.ts';
import { connectorContract } from './connector-contract.ts';

connectorContract(postgresHarness());
