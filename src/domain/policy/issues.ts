import { z } from 'zod';
import { type Finding, finding } from './finding.ts';
import type { Location } from './location.ts';
import { suggestion } from './suggest.ts';
import type { Path } from './yaml.ts';

/** How a piece of data is found again in its file. Paths are counted from the piece. */
export interface Place {
  readonly locate: (path: Path) => Location;
  readonly locateKey: (path: Path) => Location;
}

/**
 * Findings for what a schema did not accept. The schemas of the policy language say as their error text what they expected; `foreign`
 * ones (a connector's) bring whole sentences of their own.
 */
export function schemaFindings(
  schema: z.ZodType,
  data: unknown,
  issues: readonly z.core.$ZodIssue[],
  place: Place,
  what: string,
  foreign = false,
): Finding[] {
  return issues.flatMap((issue) => {
    const chosen = issue.code === 'invalid_union' ? likelyBranch(issue, data) : null;
    if (chosen) {
      const inner = chosen.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
      return schemaFindings(schema, data, inner, place, what, foreign);
    }
    return one(schema, data, issue, place, what, foreign);
  });
}

function one(
  schema: z.ZodType,
  data: unknown,
  issue: z.core.$ZodIssue,
  place: Place,
  what: string,
  foreign: boolean,
): Finding[] {
  const subject = nameOf(what, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => {
      const fix = known.includes(key)
        ? 'It cannot stand beside the other keys here.'
        : suggestion(key, known, known.length > 0 ? 'Remove it.' : 'Remove it; nothing of the kind is expected here.');
      const at = place.locateKey([...issue.path, key]);
      return finding('error', 'unknown_key', at, `${subject} has no key '${key}'.`, fix);
    });
  }
  const value = valueAt(data, issue.path);
  if (value === undefined) {
    const at = place.locateKey(issue.path.slice(0, -1));
    const expected = foreign ? 'what the connector expects' : issue.message;
    return [
      finding(
        'error',
        'missing_key',
        at,
        `${subject} is missing; it must be ${expected}.`,
        `Add ${String(issue.path.at(-1) ?? 'it')}.`,
      ),
    ];
  }
  const at = place.locate(issue.path);
  if (foreign) {
    const sentence = issue.message.replace(/\.$/, '');
    return [finding('error', 'wrong_value', at, `${subject}: ${sentence}.`, 'See the connector in the documentation.')];
  }
  return [
    finding(
      'error',
      'wrong_value',
      at,
      `${subject} must be ${issue.message}, not ${shown(value)}.`,
      valueFix(issue, value),
    ),
  ];
}

function valueFix(issue: z.core.$ZodIssue, value: unknown): string {
  const nested = issue.code === 'invalid_union' ? issue.errors.flat() : [issue];
  const allowed = nested.flatMap((each) => (each.code === 'invalid_value' ? each.values.map(String) : []));
  return typeof value === 'string' && allowed.length > 0 ? suggestion(value, allowed, 'Change it.') : 'Change it.';
}

/** Of a choice of forms, the one that the author was about to write: whose outer form fits. null: none does. */
function likelyBranch(issue: z.core.$ZodIssueInvalidUnion, data: unknown): readonly z.core.$ZodIssue[] | null {
  const value = valueAt(data, issue.path);
  const outer = (each: z.core.$ZodIssue): boolean =>
    each.path.length === 0 && each.code !== 'unrecognized_keys' && each.code !== 'custom';
  const fitting = issue.errors.filter((issues) => !issues.some(outer));
  if (fitting.length === 0 || typeof value !== 'object') return null;
  // The branch with the fewest unknown and missing keys; a wrong value deep inside means that its form was meant.
  const strangeness = (issues: readonly z.core.$ZodIssue[]): number =>
    issues.reduce((all, each) => all + (each.code === 'unrecognized_keys' ? 10 * each.keys.length : 1), 0);
  return [...fitting].sort((a, b) => strangeness(a) - strangeness(b))[0] ?? null;
}

function nameOf(what: string, path: Path): string {
  const inner = path.map((key) => (typeof key === 'number' ? `[${key + 1}]` : `.${String(key)}`)).join('');
  return inner === '' ? what : `${what}: ${inner.replace(/^\./, '')}`;
}

export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
  }
  return value;
}

export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…'` : text;
}

/** The keys that a mapping at this path may have, for suggestions. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  let level: z.core.$ZodType[] = [schema];
  for (const key of path) level = level.flatMap(branches).flatMap((each) => inside(each, key));
  return [
    ...new Set(level.flatMap(branches).flatMap((each) => (each instanceof z.ZodObject ? Object.keys(each.shape) : []))),
  ];
}

function inside(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const part: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, key) ? schema.shape[String(key)] : undefined;
    return part ? [part] : [];
  }
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

/** A schema without what is around it: optional, default, refinements and choices. */
function branches(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return branches(schema.def.innerType);
  }
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap(branches);
  if (schema instanceof z.ZodPipe) return branches(schema.def.in);
  return [schema];
}
