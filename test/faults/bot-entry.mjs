import { startApp } from '../../dist/app.js';
import { loadConfig, secretsOf } from '../../dist/config.js';
import { createLogger, createScrubber } from '../../dist/logging.js';

// The bot as dist/main.js starts it, with one thing more: whoever started it moves its clock.
const loaded = loadConfig(process.env);
if (!loaded.ok) throw new Error(loaded.message);
const { config } = loaded;
const scrubber = createScrubber(secretsOf(config));
const log = createLogger({ level: config.logLevel, scrubber });
let offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0);
process.on('unhandledRejection', (error) => log.error({ err: error }, 'An error was handled nowhere'));
process.on('disconnect', () => process.exit(0));
start().catch((error) => {
  log.fatal({ err: error }, 'Elevate could not start');
  process.exit(1);
});

async function start() {
  const app = await startApp(config, {
    log,
    scrubber,
    clock: { offsetMs: () => offsetMs, passedMs: () => 0 },
    rememberPeopleMs: 60_000,
  });
  process.on('message', (message) => {
    offsetMs = message.offsetMs;
    app.wake();
  });
  log.info({ url: app.url }, 'Elevate is up');
}
