import { availableParallelism } from 'node:os';
import { buildOnce } from '../support/built-process.ts';
import { installed } from '../support/redis-server.ts';
import { bundleBot } from './bundle.ts';
import { planRound, type Queue } from './plan.ts';
import { planTogether } from './plan-together.ts';
import { playRounds } from './play.ts';

const USAGE = 'Usage: npm run -s test:faults -- [--rounds N] [--seed S] [--parallel W] [--together]';

function numberBehind(word: string, otherwise: number): number {
  const at = process.argv.indexOf(word);
  if (at < 0) return otherwise;
  const value = Number(process.argv[at + 1]);
  if (Number.isInteger(value) && value >= 0) return value;
  process.stderr.write(`${word} needs a whole number.\n${USAGE}\n`);
  process.exit(2);
}

const rounds = numberBehind('--rounds', 15);
const seed = numberBehind('--seed', 1);
const parallel = numberBehind('--parallel', Math.max(1, Math.min(4, availableParallelism())));
const queues: readonly Queue[] = installed ? ['redis', 'postgres'] : ['postgres'];
if (!installed) process.stderr.write('There is no redis-server here, so every round has its queue in PostgreSQL.\n');

/** Rounds of faults while people ask and access ends; or rounds in which many accesses end at one moment. */
const plan = process.argv.includes('--together') ? planTogether : planRound;

buildOnce();
const beganAt = performance.now();
const summary = await playRounds({
  bundle: bundleBot(),
  plans: Array.from({ length: rounds }, (_, index) => plan(seed + index, queues)),
  parallel,
  tell: (line) => process.stdout.write(`${line}\n`),
});
const minutes = ((performance.now() - beganAt) / 60_000).toFixed(1);
process.stdout.write(
  `${summary.rounds} rounds with ${summary.grants} grants in ${minutes} min: ${summary.failed.length} with violations. ` +
    `The latest end came ${summary.worstLateMs} ms after it could. Crash points never met: ${summary.unmet.join(', ') || 'none'}.\n`,
);
process.exit(summary.failed.length > 0 ? 1 : 0);
