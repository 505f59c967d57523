#!/usr/bin/env node
import { runCli } from './cli/program.ts';
import { readEnvironment } from './config.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  env: readEnvironment(),
});
