import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { connectionSchema, entitlementSchema } from '../../src/connectors/postgres/schema.ts';
import { FIELDS } from '../../src/domain/policy/fields.ts';
import { findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy, type PolicyFile } from '../../src/domain/policy/load.ts';
import { runPolicyTests } from '../../src/domain/policy/run-tests.ts';
import { policyFileSchema } from '../../src/domain/policy/schema.ts';
import { testFileSchema } from '../../src/domain/policy/test-file.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/policy.md'), 'utf8');
const fragments = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? '');
const files: PolicyFile[] = fragments
  .filter((text) => !text.startsWith('tests:'))
  .map((text, index) => ({
    path: `fragment-${index}.yaml`,
    text: text.startsWith('apiVersion') ? text : `apiVersion: elevate/v1\n${text}`,
  }));
const tests = fragments.filter((text) => text.startsWith('tests:')).map((text) => ({ path: 'page.test.yaml', text }));
const loaded = loadPolicy(files, { postgres: { connection: connectionSchema, entitlement: entitlementSchema } });

/** Every key that the schema names, at any depth. */
function keysOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keysOf);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties' && typeof value === 'object' && value !== null
      ? [...Object.keys(value), ...Object.values(value).flatMap(keysOf)]
      : keysOf(value),
  );
}
const schemaKeys = (schema: z.ZodType) => [
  ...new Set(keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))),
];

describe('the page about the policy language', () => {
  it('is a policy that loads', () => {
    expect(files.length).toBeGreaterThan(6);
    expect(loaded.findings.map(findingText)).toEqual([]);
  });

  it('has tests that pass', () => {
    const run = loaded.ok ? runPolicyTests(loaded.policy, tests) : null;
    expect(run?.findings.map(findingText)).toEqual([]);
    expect(run?.results.flatMap((result) => result.failures.map((failure) => `${result.name}: ${failure}`))).toEqual(
      [],
    );
    expect(run?.results.length).toBe(6);
  });

  it('has an example of every key', () => {
    const examples = fragments.join('\n');
    const keys = schemaKeys(policyFileSchema);
    expect(keys.length).toBeGreaterThan(50);
    const shownInText = ['slack_profile_field', 'self'];
    expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(examples) && !shownInText.includes(key))).toEqual([]);
    expect(shownInText.filter((key) => !page.includes(`${key}:`))).toEqual([]);
    expect(schemaKeys(testFileSchema).filter((key) => !page.includes(key))).toEqual([]);
  });

  it('names every fact', () => {
    const facts = Object.entries(FIELDS).flatMap(([root, fields]) =>
      Object.keys(fields).map((name) => `${root}.${name}`),
    );
    expect(facts.filter((fact) => !page.includes(`| \`${fact}\` |`))).toEqual([]);
  });
});
