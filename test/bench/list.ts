import * as ack from './ack.ts';
import type { Bench } from './bench.ts';
import * as homeRows from './home-rows.ts';
import * as loneRevocation from './lone-revocation.ts';
import * as casbin from './policy-casbin.ts';
import * as cedar from './policy-cedar.ts';
import * as growth from './policy-growth.ts';
import * as load from './policy-load.ts';
import * as scale from './scale.ts';
import * as storm from './storm.ts';
import * as stormAck from './storm-ack.ts';
import * as submitToGranted from './submit-to-granted.ts';

/** In the order in which they run and are told. */
export const benches: readonly Bench[] = [
  ack.typical,
  ack.worst,
  submitToGranted.bench,
  homeRows.bench,
  loneRevocation.onRedis,
  loneRevocation.onPostgres,
  storm.onRedis,
  storm.onPostgres,
  stormAck.bench,
  scale.memory,
  scale.cpu,
  scale.start,
  growth.bench,
  cedar.bench,
  casbin.bench,
  load.bench,
];
