import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connectorTypes } from '../../src/connectors/registry.ts';
import { checkPolicy } from '../../src/domain/policy/check/check.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { policyJsonSchema, testJsonSchema } from '../../src/domain/policy/json-schema.ts';
import { loadPolicy, type PolicyFile } from '../../src/domain/policy/load.ts';
import { runPolicyTests } from '../../src/domain/policy/run-tests.ts';
import { type Mutant, mutantsOf } from '../support/policy-mutants.ts';

const ROOT = join(import.meta.dirname, '..', '..', 'policies');
const EXAMPLES = readdirSync(join(ROOT, 'examples'));
const schemas = Object.fromEntries(connectorTypes);

function read(example: string): { files: PolicyFile[]; tests: PolicyFile[] } {
  const folder = join(ROOT, 'examples', example);
  const all = readdirSync(folder).map((name) => ({ path: name, text: readFileSync(join(folder, name), 'utf8') }));
  return {
    files: all.filter(({ path }) => !path.endsWith('.test.yaml')),
    tests: all.filter(({ path }) => path.endsWith('.test.yaml')),
  };
}

/** Every nth mutant in the usual run; all of them with MUTANTS=all. */
const EVERY = process.env.MUTANTS === 'all' ? 1 : 4;

describe.each(EXAMPLES)('the example %s', (example) => {
  const { files, tests } = read(example);
  const loaded = loadPolicy(files, schemas);

  it('checks without a finding', () => {
    expect(loaded.findings.map(findingText)).toEqual([]);
    expect(loaded.ok && checkPolicy(loaded.policy).map(findingText)).toEqual([]);
  });

  it('passes its tests, which reach every rule', () => {
    const run = loaded.ok ? runPolicyTests(loaded.policy, tests) : null;
    expect(run?.findings).toEqual([]);
    expect(run?.results.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`))).toEqual([]);
    expect(run?.coverage.filter((rule) => !rule.covered)).toEqual([]);
    expect(run?.coverage.length).toBeGreaterThan(3);
  });

  it('has no operator, group or number that its tests would not miss', () => {
    let loadable = 0;
    const survives = ({ files: changed }: Mutant): boolean => {
      const mutant = loadPolicy(changed, schemas);
      if (mutant.ok) loadable += 1;
      return mutant.ok && runPolicyTests(mutant.policy, tests).ok;
    };
    const mutants = mutantsOf(files);
    expect(mutants.length).toBeGreaterThan(15);
    const sample = mutants.filter((_, index) => index % EVERY === 0);
    expect(sample.filter(survives).map((mutant) => mutant.what)).toEqual([]);
    // A mistake that does not load is told by the check; those that matter here are the others.
    expect(loadable).toBeGreaterThan(0.6 * sample.length);
  });
});

describe('the JSON Schemas for editors', () => {
  it.each([
    ['elevate.schema.json', policyJsonSchema],
    ['elevate.test.schema.json', testJsonSchema],
  ])('%s is what `elevate policy schema` writes', (name, make) => {
    const committed: unknown = JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
    expect(committed).toEqual(JSON.parse(JSON.stringify(make())));
  });

  it('are named by the first line of every example', () => {
    for (const example of EXAMPLES) {
      const { files, tests } = read(example);
      for (const { text } of files)
        expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/elevate\.schema\.json\n/);
      for (const { text } of tests)
        expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/elevate\.test\.schema\.json\n/);
    }
  });
});
