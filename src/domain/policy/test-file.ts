import { z } from 'zod';
import { type Finding, finding } from './finding.ts';
import type { PolicyFile, TextPlace } from './gather.ts';
import { placeIn } from './gather.ts';
import { schemaFindings } from './issues.ts';
import * as limits from './limits.ts';
import * as part from './schema-parts.ts';
import { readYaml } from './yaml.ts';

const { duration, integer, listOf, mapping, name, oneOf, recordOf } = part;
const anyText = z.string({ error: 'a text' }).max(limits.MAX_REASON_LENGTH, { error: 'a shorter text' });
const count = integer(0, 1_000_000_000);

const AT_EXPECTED = 'a time such as 2026-03-02T22:00 in the policy’s timezone, or 2026-03-02T22:00Z';
const at = z
  .string({ error: AT_EXPECTED })
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?$/, { error: AT_EXPECTED });

const givenSchema = mapping({
  role: part.roleKeyText,
  duration: duration('1s', '366d').optional(),
  ticket: anyText.optional(),
  reason: anyText.default('a reason'),
  at: at.default('2026-01-05T12:00'),
  extension: part.flag.default(false),
  break_glass: part.flag.default(false),
  channel: anyText.optional(),
  requester: mapping({
    email: part.email,
    id: anyText.default('U0TEST'),
    name: anyText.default('Test'),
    groups: listOf(name, 'group names', 200).default([]),
    unavailable_groups: listOf(name, 'group names', 200).default([]),
    manager: part.email.optional(),
    timezone: part.timezone.default('UTC'),
  }),
  history: mapping({
    active_grants: count.optional(),
    active_roles: listOf(part.roleKeyText, 'roles', limits.MAX_ACTIVE_ROLES).default([]),
    grants_today: count.default(0),
    minutes_since_last: count.optional(),
    unavailable: part.flag.default(false),
  }).optional(),
  facts: recordOf(
    z.union([z.boolean(), z.number(), z.string()], { error: 'true, false, a number or a text' }),
    'values',
  ).default({}),
});

const expectSchema = mapping({
  outcome: oneOf(['approve', 'deny', 'require']).optional(),
  rule: anyText.optional(),
  message: anyText.optional(),
  cap: z.union([duration('1s', '366d'), z.literal('none')], { error: 'a duration, or none' }).optional(),
  stages: listOf(
    mapping({
      approvals: integer(1, limits.MAX_APPROVALS).default(1),
      from: listOf(name, 'group names, manager or owners', 20, 1),
      self: oneOf(['allowed']).optional(),
      fallback: listOf(name, 'group names, manager or owners', 20).optional(),
    }),
    'stages',
    50,
  ).optional(),
  offered: part.flag.optional(),
  terms: mapping({
    default: duration('1s', '366d').optional(),
    max: duration('1s', '366d').optional(),
    min_reason: count.optional(),
    ticket: oneOf(['required', 'optional']).optional(),
    ticket_accepted: part.flag.optional(),
    start_within: z
      .union([duration('1s', '366d'), z.literal('at once')], { error: 'a duration, or at once' })
      .optional(),
    unused_after: z.union([duration('1s', '366d'), z.literal('never')], { error: 'a duration, or never' }).optional(),
    extensions: count.optional(),
    review_within: duration('1s', '366d').optional(),
  }).optional(),
  subject: anyText.optional(),
}).refine((expected) => Object.values(expected).some((value) => value !== undefined), {
  error: 'at least one expectation',
});

const caseSchema = mapping({ name: part.text(200, 'a name'), given: givenSchema, expect: expectSchema });
export type PolicyTest = z.output<typeof caseSchema>;

/** A whole file of tests, for editors and for the reference. */
export const testFileSchema = mapping({ tests: listOf(caseSchema, 'tests', 10_000) });
const outlineSchema = mapping({ tests: listOf(z.unknown(), 'tests', 10_000) });

export interface PlacedTest {
  readonly test: PolicyTest;
  readonly place: TextPlace;
}

/** Reads a file of tests. Each test is checked on its own; one with a mistake is a finding and is left out. */
export function readTests(file: PolicyFile): { tests: PlacedTest[]; findings: Finding[] } {
  const read = readYaml(file.path, file.text);
  if (!read.file) return { tests: [], findings: read.findings };
  const outline = outlineSchema.safeParse(read.file.data);
  if (!outline.success) {
    return {
      tests: [],
      findings: schemaFindings(outlineSchema, read.file.data, outline.error.issues, read.file, 'the test file'),
    };
  }
  const { file: source } = read;
  const tests: PlacedTest[] = [];
  const findings: Finding[] = [];
  const names = new Set<string>();
  outline.data.tests.forEach((raw, index) => {
    const place = placeIn(source, ['tests', index]);
    const parsed = caseSchema.safeParse(raw);
    if (!parsed.success) {
      findings.push(...schemaFindings(caseSchema, raw, parsed.error.issues, place, 'test'));
      return;
    }
    if (names.has(parsed.data.name)) {
      const message = `There are two tests '${parsed.data.name}'.`;
      findings.push(finding('error', 'defined_twice', place.locate(['name']), message, 'Give each its own name.'));
    }
    names.add(parsed.data.name);
    tests.push({ test: parsed.data, place });
  });
  return { tests, findings };
}
