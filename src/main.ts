import { startApp } from './app.ts';
import { loadConfig, readEnvironment, secretsOf } from './config.ts';
import { createLogger, createScrubber } from './logging.ts';
import { StartProblem } from './start-problem.ts';

/** How long a stop may take before the process ends anyway; everything left over goes on after the next start. */
const STOP_LIMIT_MS = 25_000;

const loaded = loadConfig(readEnvironment());
if (!loaded.ok) {
  process.stderr.write(`${loaded.message}\n`);
  process.exit(1);
}
const { config } = loaded;
const scrubber = createScrubber(secretsOf(config));
const log = createLogger({ level: config.logLevel, scrubber });

// A bug must not take revocations down with it: it is told, and the process goes on. From the start, since work begins before it is over.
process.on('unhandledRejection', (error) => log.error({ err: error }, 'An error was handled nowhere'));

try {
  const app = await startApp(config, { log, scrubber });
  log.info({ url: app.url }, 'Elevate is up');
  process.on('SIGHUP', () => void app.reloadPolicy());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(signal, app.stop));
  }
} catch (error) {
  if (error instanceof StartProblem) process.stderr.write(`${scrubber.scrub(error.message)}\n`);
  else log.fatal({ err: error }, 'Elevate could not start');
  process.exit(1);
}

async function stop(signal: string, end: () => Promise<void>): Promise<void> {
  log.info({ signal }, 'Stopping: work in hand is finished first');
  const limit = setTimeout(() => {
    log.warn('Stopping took too long; what was in hand goes on after the next start');
    process.exit(1);
  }, STOP_LIMIT_MS);
  try {
    await end();
    clearTimeout(limit);
    log.info('Stopped');
    process.exit(0);
  } catch (error) {
    log.error({ err: error }, 'Stopping failed');
    process.exit(1);
  }
}
