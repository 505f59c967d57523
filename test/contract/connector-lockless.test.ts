import { groupApiHarness } from '../support/group-api/harness.ts';
import { connectorContract } from './connector-contract.ts';

connectorContract(groupApiHarness());
