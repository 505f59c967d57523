import { type Command, Option } from 'commander';
import { grantId } from '../domain/ids.ts';
import { proofLines } from '../usecases/proof-lines.ts';
import { type Proof, proofOf } from '../usecases/proof-of.ts';
import { CliProblem, EXIT, EXIT_HELP, type Io } from './io.ts';
import { type OpenBot, withBot } from './open-bot.ts';

/** `elevate grant show ID`: everything that proves what became of a grant. */
export function registerGrant(program: Command, io: Io): void {
  const grant = program.command('grant').description('Access that was granted.');
  grant
    .command('show')
    .argument('<id>', 'the grant, such as grt_0123456789abcdef: the card and its thread name it')
    .description('What was meant, called and read back on the target, what it answered, and how late the end was.')
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .addHelpText('after', `\nExample:\n  elevate grant show grt_0123456789abcdef\n${EXIT_HELP('never')}`)
    .action(async (id: string, options: { readonly format: 'text' | 'json' }) => {
      const proof = await withBot(io, (bot) => find(bot, id));
      if (!proof) throw new CliProblem(`There is no grant ${id} in this database.`, EXIT.usage);
      io.out(options.format === 'json' ? JSON.stringify(proof, null, 2) : proofLines(proof).join('\n'));
    });
}

async function find({ store, workspaces }: OpenBot, id: string): Promise<Proof | null> {
  for (const workspace of workspaces) {
    const proof = await proofOf({ store }, { workspace, grantId: grantId(id) });
    if (proof) return proof;
  }
  return null;
}
