import type { Bench, Row } from './bench.ts';
import { createLazy } from './lazy.ts';
import { benches } from './list.ts';
import { type Options, readOptions, USAGE } from './options.ts';
import { startServers } from './servers.ts';
import { tableOf } from './table.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const options = readOptions(process.argv.slice(2), benches);
if (typeof options === 'string') {
  say(`${options}\n${USAGE}`);
  process.exit(1);
}
process.exit((await run(options)) ? 0 : 1);

/** Runs what was asked for and tells the figures. false: something could not be measured. */
async function run({ asked, named, json }: Options): Promise<boolean> {
  const servers = createLazy(startServers);
  const rows: Row[] = [];
  let complete = true;
  try {
    for (const bench of asked) {
      const missing = bench.missing?.() ?? null;
      if (missing !== null) {
        say(`${bench.name} is left out. ${missing}`);
        if (named) complete = false;
        continue;
      }
      try {
        rows.push(rowOf(bench, await bench.run({ servers: servers.get, say })));
      } catch (error) {
        say(`${bench.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        complete = false;
      }
    }
  } finally {
    await (await servers.started())?.stop();
  }
  process.stdout.write(json ? `${JSON.stringify(rows)}\n` : tableOf(rows, benches));
  return complete;
}

function rowOf({ name, unit }: Bench, { measured, floor }: { measured: number; floor: number }): Row {
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return { name, unit, measured: rounded(measured), floor: rounded(floor), ratio: rounded(measured / floor) };
}
