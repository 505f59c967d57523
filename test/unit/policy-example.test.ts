import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { connectionSchema, entitlementSchema } from '../../src/connectors/postgres/schema.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy, type PolicyFile } from '../../src/domain/policy/load.ts';
import { runPolicyTests } from '../../src/domain/policy/run-tests.ts';

const FOLDER = join(import.meta.dirname, '../../policies');
const files: PolicyFile[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ path: `policies/${name}`, text: readFileSync(join(FOLDER, name), 'utf8') }));
const loaded = loadPolicy(files, { postgres: { connection: connectionSchema, entitlement: entitlementSchema } });

describe('the example policy', () => {
  it('loads without a finding', () => {
    expect(loaded.findings.map(findingText)).toEqual([]);
    expect(loaded.ok && [...loaded.policy.roles.keys()]).toEqual([
      'orders-db/admin',
      'orders-db/fix',
      'orders-db/migrate',
      'orders-db/read',
      'orders-db/repair',
    ]);
  });

  const run = loaded.ok
    ? runPolicyTests(
        loaded.policy,
        files.filter(({ path }) => path.endsWith('.test.yaml')),
      )
    : null;

  it('has tests without a mistake', () => {
    expect(run?.findings.map(findingText)).toEqual([]);
    expect(run?.results.length).toBeGreaterThan(10);
  });

  it.each(run?.results.map((result) => [result.name, result.failures] as const) ?? [])('%s', (_name, failures) => {
    expect(failures).toEqual([]);
  });

  it('has a test for every rule', () => {
    expect(run?.coverage.filter((rule) => !rule.covered)).toEqual([]);
    expect(run?.coverage.length).toBe(11);
  });
});
