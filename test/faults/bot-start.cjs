// Runs the bundle that BOT_BUNDLE names, with the code that V8 made of it for an earlier process where there is some.
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire, wrap } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

/** By then it has done what it usually does, so that this is in the cache as well. */
const WARM_AFTER_MS = 12_000;

const filename = process.env.BOT_BUNDLE;
const cache = `${filename}.cache`;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
const own = { exports: {} };
script.runInThisContext()(own.exports, createRequire(filename), own, filename, dirname(filename));
if (cachedData === undefined || script.cachedDataRejected) {
  setTimeout(() => {
    if (existsSync(cache)) return;
    writeFileSync(`${cache}.${process.pid}`, script.createCachedData());
    renameSync(`${cache}.${process.pid}`, cache);
  }, WARM_AFTER_MS).unref();
}
