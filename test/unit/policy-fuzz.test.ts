import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { connectorTypes } from '../../src/connectors/registry.ts';
import { checkPolicy } from '../../src/domain/policy/check/check.ts';
import { evaluate } from '../../src/domain/policy/evaluate.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { readTests } from '../../src/domain/policy/test-file.ts';
import { factsFor } from '../support/policy-fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..', 'policies');
const TEXTS = [ROOT, ...readdirSync(join(ROOT, 'examples')).map((name) => join(ROOT, 'examples', name))].flatMap(
  (folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
);
const schemas = Object.fromEntries(connectorTypes);
/** The usual run takes a sample; FUZZ=10000 takes as many as that. */
const RUNS = Number(process.env.FUZZ ?? 250);
/** The slowest file may take so long; the largest of the examples takes a hundredth of it. */
const LIMIT_MS = 5_000;

/** What hostile or careless people put into YAML files. */
const PIECES = [
  '__proto__: { polluted: yes }',
  '"__proto__":',
  'constructor: { prototype: { polluted: yes } }',
  '&a [*a, *a, *a, *a]',
  '*a',
  '!!js/function "function () {}"',
  '<<: *a',
  '? [complex, key]\n: value',
  '"\\u0000\\uD800"',
  '---\n',
  '...\n',
  '- - - - - - - - - - - - - - - - - - - - - - - - - - - - ',
  '{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{',
  '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
  '\t',
  ': ',
  '|',
  '>-\n',
  '.inf',
  '.nan',
  '0x7fffffffffffffff',
  '99999999999999999999d',
  'request.reason.matches("(a+)+$")',
  `'"x" in requester.groups ${'&& true '.repeat(40)}'`,
  `'${'('.repeat(60)}true${')'.repeat(60)}'`,
  `'[1,2,3].map(a, [1,2,3].map(b, [1,2,3].map(c, a+b+c))).size() > 0'`,
  `'request.reason.split("").map(a, request.reason.split("")).size() > 0'`,
  'when: requester.__proto__ == ""',
  'when: requester.constructor == ""',
  '<account>',
  `\${HOME}`,
  '\u202e',
  '\ufeff',
] as const;

type Edit = {
  readonly at: number;
  readonly kind: number;
  readonly length: number;
  readonly piece: number;
  readonly from: number;
};

function edited(text: string, edits: readonly Edit[]): string {
  let now = text;
  for (const { at, kind, length, piece, from } of edits) {
    const place = Math.floor(at * now.length);
    const lines = now.split('\n');
    const line = Math.floor(at * lines.length);
    const cut = (size: number): string => now.slice(0, place) + now.slice(place + size);
    if (kind === 0) now = cut(length);
    else if (kind === 1) now = now.slice(0, place) + (PIECES[piece % PIECES.length] ?? '') + now.slice(place);
    else if (kind === 2) now = [...lines.slice(0, line), ...lines.slice(line + 1)].join('\n');
    else if (kind === 3)
      now = [...lines.slice(0, line), lines[Math.floor(from * lines.length)] ?? '', ...lines.slice(line)].join('\n');
    else if (kind === 4) now = [...lines.slice(0, line), ` ${lines[line] ?? ''}`, ...lines.slice(line + 1)].join('\n');
    else if (kind === 5)
      now = now.slice(0, place) + String.fromCharCode(Math.floor(from * 0xffff)) + now.slice(place + 1);
    else
      now =
        now.slice(0, place) +
        now.slice(Math.floor(from * now.length), Math.floor(from * now.length) + 200) +
        now.slice(place);
  }
  return now;
}

const unit = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const edits = fc.array(
  fc.record({
    at: unit,
    kind: fc.nat(6),
    length: fc.integer({ min: 1, max: 40 }),
    piece: fc.nat(PIECES.length - 1),
    from: unit,
  }),
  { minLength: 1, maxLength: 4 },
);

describe('a policy file that was damaged in any way', () => {
  it('gives a finding or a policy that decides; nothing throws, hangs or reaches a prototype', () => {
    let policies = 0;
    let findings = 0;
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), edits, (text, changes) => {
        const damaged = edited(text, changes);
        const start = performance.now();
        const loaded = loadPolicy([{ path: 'policies/p.yaml', text: damaged }], schemas);
        readTests({ path: 'policies/p.test.yaml', text: damaged });
        if (loaded.ok) {
          policies += 1;
          checkPolicy(loaded.policy);
          for (const role of loaded.policy.roles.keys()) evaluate(loaded.policy, role, factsFor(loaded.policy));
        } else {
          findings += 1;
          expect(loaded.findings.length).toBeGreaterThan(0);
          for (const { line, column, message, fix } of loaded.findings) {
            expect(line >= 1 && column >= 1 && message !== '' && fix !== '').toBe(true);
          }
        }
        expect(performance.now() - start).toBeLessThan(LIMIT_MS);
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(Reflect.get({}, 'polluted')).toBeUndefined();
      }),
      { numRuns: RUNS, seed: Number(process.env.SEED ?? 20_261_122) },
    );
    expect(Math.min(policies, findings)).toBeGreaterThan(RUNS / 50);
  }, 1_800_000);
});
