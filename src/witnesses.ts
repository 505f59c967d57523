import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import type { Witnesses } from './usecases/watch-database.ts';

/** Between two questions to the clock outside; an answer is believed for as long again. */
const ASK_EVERY_SECONDS = 60;

/** What this machine and a clock outside know of time. `askOutside` never throws. */
export async function openWitnesses(askOutside: () => Promise<Date | null>): Promise<Witnesses> {
  // Since the machine was started: it goes on while the machine sleeps, and nobody can set it.
  return { boot: await bootOf(), steadySeconds: uptime, outsideNow: outsideClock(askOutside, uptime) };
}

/**
 * Which start of which machine that is, for a process that comes after this one on the same. null: the system does not say, which only
 * Linux does (Linux manual pages, "proc_sys_kernel(5)", boot_id).
 */
const bootOf = (): Promise<string | null> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim() || null,
    () => null,
  );

/**
 * A clock outside, which is asked from time to time and never waited for: what it says now by its latest answer and the steady time
 * since; null where there is none, or it is too old.
 */
function outsideClock(ask: () => Promise<Date | null>, steadySeconds: () => number): () => Date | null {
  let answer: { readonly said: Date; readonly atSeconds: number } | null = null;
  let asking = false;

  const refresh = async (): Promise<void> => {
    asking = true;
    const said = await ask();
    if (said) answer = { said, atSeconds: steadySeconds() };
    asking = false;
  };

  return () => {
    const ageSeconds = answer ? steadySeconds() - answer.atSeconds : Number.POSITIVE_INFINITY;
    if (ageSeconds > ASK_EVERY_SECONDS && !asking) void refresh();
    if (answer === null || ageSeconds > 2 * ASK_EVERY_SECONDS) return null;
    return new Date(answer.said.getTime() + ageSeconds * 1000);
  };
}
