import { WEEKDAYS } from '../facts.ts';
import { FIELDS } from '../fields.ts';
import { type Assignment, eachAtom, evaluateFormula, type Formula, type Value } from './formula.ts';

/** Assignments that are tried at most for one question; past it the answer is that nobody knows. */
const MAX_TRIED = 6_000;
/** A text that no policy writes, for every value that is none of those written out. */
const ANOTHER_TEXT = '\u0000another';

/** What facts can be in one role: the ends of a range, or the only value. */
export interface Limits {
  readonly values: ReadonlyMap<string, readonly Value[]>;
  readonly ranges: ReadonlyMap<string, { readonly from: number; readonly to: number }>;
}

export type Answer =
  | { readonly known: true; readonly possible: boolean; readonly example: Assignment | null }
  | { readonly known: false };

/**
 * Calls `see` with facts at which any comparison of the formulas changes, until it returns false. The answer is whether all there
 * are have been seen: with too many of them, it is a sample.
 */
export function eachCase(
  formulas: readonly Formula[],
  limits: Limits,
  fixed: Assignment,
  see: (given: Assignment) => boolean,
): 'all' | 'sample' | 'stopped' {
  const choices = [...casesOf(formulas, limits)].map(([path, values]): [string, readonly Value[]] => {
    const given = fixed.get(path);
    return [path, given === undefined ? values : [given]];
  });
  if (choices.some(([, values]) => values.length === 0)) return 'sample';
  const count = choices.reduce((all, [, values]) => all * values.length, 1);
  const given = new Map<string, Value>();
  const total = Math.min(count, MAX_TRIED);
  for (let tried = 0; tried < total; tried += 1) {
    // Where not all can be tried, strides that have nothing in common with the sizes spread over all of them.
    let rest = count <= MAX_TRIED ? tried : Math.floor((tried * 0.6180339887 * count) % count);
    for (const [path, values] of choices) {
      const value = values[rest % values.length];
      if (value !== undefined) given.set(path, value);
      rest = Math.floor(rest / values.length);
    }
    if (!see(given)) return 'stopped';
  }
  return count <= MAX_TRIED ? 'all' : 'sample';
}

/**
 * Whether facts exist for which all these formulas hold. It is certain where the formulas compare single facts with constants,
 * and it gives up where there are too many cases.
 */
export function satisfiable(formulas: readonly Formula[], limits: Limits, fixed: Assignment = new Map()): Answer {
  let example: Assignment | null = null;
  const seen = eachCase(formulas, limits, fixed, (given) => {
    if (!formulas.every((formula) => evaluateFormula(formula, given))) return true;
    example = new Map(given);
    return false;
  });
  if (seen === 'stopped') return { known: true, possible: true, example };
  return seen === 'all' ? { known: true, possible: false, example: null } : { known: false };
}

/** For each fact that the formulas compare, the values at which a comparison changes. */
export function casesOf(formulas: readonly Formula[], limits: Limits): Map<string, readonly Value[]> {
  const written = new Map<string, Set<Value>>();
  const add = (path: string, values: readonly Value[]): void => {
    const known = written.get(path) ?? new Set<Value>();
    for (const value of values) known.add(value);
    written.set(path, known);
  };
  for (const formula of formulas) {
    eachAtom(formula, (atom) => {
      if (atom.kind === 'opaque') add(`?${atom.name}`, [true, false]);
      else if (atom.kind === 'flag') add(atom.path, [true, false]);
      else if (atom.kind === 'one_of') add(atom.path, atom.values);
      else if (atom.kind === 'compare') add(atom.path, [atom.with]);
    });
  }
  return new Map([...written].map(([path, values]) => [path, candidates(path, [...values], limits)]));
}

function candidates(path: string, written: readonly Value[], { values, ranges }: Limits): readonly Value[] {
  const only = values.get(path);
  if (only) return only;
  const [first] = written;
  if (typeof first === 'boolean') return [true, false];
  if (typeof first === 'string') return path === 'time.weekday' ? WEEKDAYS : [...written, ANOTHER_TEXT];
  const range = ranges.get(path) ?? rangeOf(path);
  const step = path.startsWith('facts.') ? 0.5 : 1;
  const numbers = written.filter((value) => typeof value === 'number');
  const near = [range.from, range.to, ...numbers.flatMap((value) => [value - step, value, value + step])];
  return [...new Set(near.filter((value) => value >= range.from && value <= range.to))];
}

function rangeOf(path: string): { from: number; to: number } {
  if (path === 'time.hour') return { from: 0, to: 23 };
  if (path === 'time.minute') return { from: 0, to: 59 };
  const [root = '', name = ''] = path.split('.', 2);
  const counts = root === 'history' && FIELDS[root]?.[name] !== undefined;
  return counts ? { from: 0, to: 1_000_000_000 } : { from: -1e15, to: 1e15 };
}
