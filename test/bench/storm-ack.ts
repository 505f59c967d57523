import { setTimeout as wait } from 'node:timers/promises';
import type { Bench, Context, Figures } from './bench.ts';
import type { Crowd } from './crowd.ts';
import type { Delivery } from './office.ts';
import { requesters } from './requesters.ts';
import { type Line, openLine } from './send.ts';
import { median, quantile } from './stats.ts';
import { crowdOf, startStorm } from './storm.ts';

const ROUNDS = 3;
/** So many people type the command at the same moment, as in `ack`. */
const PEOPLE = requesters.length;
/** From one such moment to the next. */
const EVERY_MS = 500;
const WARM_UP_TIMES = 4;
/** Within this a storm is over. What is left over of the commands is not sent. */
const TIMES = 16;

/** How long a new request's acknowledgement takes while ten thousand grants of one target end, against the same bot at rest. */
export const bench: Bench = { name: 'storm_ack', unit: 'ms', goal: 2, run: measure };

async function measure({ servers: start, say }: Context): Promise<Figures> {
  const servers = await start();
  const crowd = await crowdOf(servers);
  const rounds: Waits[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const measured: number[] = [];
    const floor: number[] = [];
    const storm = await startStorm(crowd, servers);
    const line = openLine(storm.botUrl);
    try {
      for (const commands of await typed(crowd, WARM_UP_TIMES)) await send(line, commands);
      for (const commands of await typed(crowd, TIMES)) floor.push(...(await send(line, commands)));
      const ready = await typed(crowd, TIMES);
      const { endsAt, over } = await storm.breaksOut();
      let isOver = false;
      const seconds = over();
      seconds.then(
        () => (isOver = true),
        () => (isOver = true),
      );
      await wait(endsAt - Date.now());
      for (const commands of ready) if (!isOver) measured.push(...(await send(line, commands)));
      say(
        `storm_ack, round ${round}: ${measured.length} commands in the ${(await seconds).toFixed(2)} s of the storm, ${told(measured)}; at rest ${told(floor)}`,
      );
      rounds.push({ measured, floor });
    } finally {
      line.close();
      await storm.stop();
    }
  }
  // One moment that was slow for all fifty would decide for all storms together.
  const worst = (of: keyof Waits): number => median(rounds.map((waits) => quantile(waits[of], 0.99)));
  return { measured: worst('measured'), floor: worst('floor') };
}

/** How long each command waited, in milliseconds. */
interface Waits {
  readonly measured: readonly number[];
  readonly floor: readonly number[];
}

const told = (waits: readonly number[]): string =>
  `${quantile(waits, 0.5).toFixed(1)} ms in the median and ${quantile(waits, 0.99).toFixed(1)} ms at the 99th percentile`;

/** The commands of so many moments, signed and ready to be sent. */
async function typed({ office }: Crowd, times: number): Promise<readonly (readonly Delivery[])[]> {
  const everybody = requesters.slice(0, PEOPLE).map(({ key }) => key);
  const ready: (readonly Delivery[])[] = [];
  for (let time = 0; time < times; time++) ready.push(await office.type(everybody, '/elevate'));
  return ready;
}

/** One moment's commands, and then the pause before the next. */
async function send(line: Line, commands: readonly Delivery[]): Promise<readonly number[]> {
  const [times] = await Promise.all([Promise.all(commands.map((command) => line.send(command))), wait(EVERY_MS)]);
  return times;
}
