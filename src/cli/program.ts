import { Command, CommanderError } from 'commander';
import { registerGrant } from './grant.ts';
import { CliProblem, type End, EXIT, type Io } from './io.ts';
import { registerCheck } from './policy/check.ts';
import { registerDiff } from './policy/diff.ts';
import { registerExplain } from './policy/explain.ts';
import { registerLog } from './policy/log.ts';
import { registerReplay } from './policy/replay.ts';
import { registerSchema } from './policy/schema.ts';
import { registerTest } from './policy/test.ts';
import { registerReconcile } from './reconcile.ts';

/** Runs `elevate ARGS` and returns the exit code. Never throws: what goes wrong is said in a sentence. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  const end: End = (ended) => {
    code = ended;
  };
  const program = new Command('elevate')
    .description('Access for as long as it is needed: what stands behind the Slack bot, on the command line.')
    .exitOverride()
    .showHelpAfterError('Add --help for how it is used.')
    .configureOutput({
      writeOut: (text) => io.out(text.trimEnd()),
      writeErr: (text) => io.err(text.trimEnd()),
    });
  const policy = inherit(program, 'policy').description('The policy: check it, test it, explain it, compare it.');
  registerCheck(policy, io, end);
  registerTest(policy, io, end);
  registerExplain(policy, io, end);
  registerDiff(policy, io, end);
  registerReplay(policy, io, end);
  registerLog(policy, io);
  registerSchema(policy, io);
  registerGrant(program, io);
  registerReconcile(program, io, end);
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)])
    command.copyInheritedSettings(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    io.err(error instanceof Error ? error.message : String(error));
    return error instanceof CliProblem ? error.exitCode : EXIT.outage;
  }
}

const inherit = (program: Command, name: string): Command => program.command(name).copyInheritedSettings(program);
