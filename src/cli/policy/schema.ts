import type { Command } from 'commander';
import { policyJsonSchema, testJsonSchema } from '../../domain/policy/json-schema.ts';
import { EXIT_HELP, type Io } from '../io.ts';

export function registerSchema(policy: Command, io: Io): void {
  policy
    .command('schema')
    .description('The JSON Schema of policy files, for editors.')
    .option('--tests', 'of test files instead')
    .addHelpText(
      'after',
      `
Examples:
  elevate policy schema > policies/elevate.schema.json
  elevate policy schema --tests > policies/elevate.test.schema.json
With this first line, editors that know yaml-language-server complete and check a policy file:
  # yaml-language-server: $schema=elevate.schema.json
${EXIT_HELP('never')}`,
    )
    .action((options: { readonly tests?: true }) => {
      io.out(JSON.stringify(options.tests ? testJsonSchema() : policyJsonSchema(), null, 2));
    });
}
