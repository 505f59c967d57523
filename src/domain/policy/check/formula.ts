import type { ASTNode } from '@marcbachmann/cel-js';
import { literalText } from '../analyse.ts';
import { durationSeconds } from '../cel-duration.ts';
import { FIELDS } from '../fields.ts';

export type Value = string | number | boolean;
export type Assignment = ReadonlyMap<string, Value>;

/**
 * A condition as and, or and not over comparisons of one fact with something written out. What is not of this form is opaque: it
 * may hold or not, whatever the facts are, so that nothing is claimed of it.
 */
export type Formula =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly part: Formula }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Formula[] }
  | { readonly kind: 'if'; readonly test: Formula; readonly yes: Formula; readonly no: Formula }
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'compare'; readonly path: string; readonly operator: Comparison; readonly with: Value }
  | { readonly kind: 'one_of'; readonly path: string; readonly values: readonly Value[] }
  | { readonly kind: 'flag'; readonly path: string };

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
const TURNED: Readonly<Record<Comparison, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The formula of a checked condition; no condition always holds. */
export function formulaOf(ast: ASTNode | null): Formula {
  return ast === null ? { kind: 'constant', value: true } : read(ast);
}

function read(node: ASTNode): Formula {
  switch (node.op) {
    case '&&':
      return { kind: 'and', parts: node.args.map(read) };
    case '||':
      return { kind: 'or', parts: node.args.map(read) };
    case '!_':
      return { kind: 'not', part: read(node.args) };
    case '?:':
      return { kind: 'if', test: read(node.args[0]), yes: read(node.args[1]), no: read(node.args[2]) };
    case 'value':
      return typeof node.args === 'boolean' ? { kind: 'constant', value: node.args } : opaque(node);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.args[0], node.op, node.args[1]) ?? opaque(node);
    case 'in':
      return membership(node.args[0], node.args[1]) ?? opaque(node);
    case '.': {
      const path = pathOf(node);
      return path === null ? opaque(node) : { kind: 'flag', path };
    }
    default:
      return opaque(node);
  }
}

const opaque = (node: ASTNode): Formula => ({ kind: 'opaque', name: node.input.slice(node.start, node.end) });

function comparison(left: ASTNode, operator: Comparison, right: ASTNode): Formula | null {
  const [leftPath, rightPath] = [pathOf(left), pathOf(right)];
  const [leftValue, rightValue] = [literalValue(left), literalValue(right)];
  if (leftPath !== null && rightValue !== null) return { kind: 'compare', path: leftPath, operator, with: rightValue };
  if (rightPath !== null && leftValue !== null) {
    return { kind: 'compare', path: rightPath, operator: TURNED[operator], with: leftValue };
  }
  if (leftValue !== null && rightValue !== null) {
    return { kind: 'constant', value: holds(leftValue, operator, rightValue) };
  }
  return null;
}

function membership(left: ASTNode, right: ASTNode): Formula | null {
  const group = literalText(left);
  if (group !== null && pathOf(right) === 'requester.groups') {
    return { kind: 'flag', path: `requester.groups["${group}"]` };
  }
  const path = pathOf(left);
  if (path === null || right.op !== 'list') return null;
  const values = right.args.map(literalValue);
  return values.some((value) => value === null)
    ? null
    : { kind: 'one_of', path, values: values.filter((value) => value !== null) };
}

/** `root.name`, where that is a plain fact. */
function pathOf(node: ASTNode): string | null {
  if (node.op !== '.') return null;
  const [root, name] = node.args;
  if (root.op !== 'id') return null;
  if (root.args === 'facts') return `facts.${name}`;
  const field = FIELDS[root.args]?.[name];
  const plain = field && field.type !== 'list<string>' && field.type !== 'map<string, string>';
  return plain ? `${root.args}.${name}` : null;
}

function literalValue(node: ASTNode): Value | null {
  if (node.op === 'value') {
    const value: unknown = node.args;
    if (typeof value === 'bigint') return Number(value);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }
  if (node.op === '-_') {
    const inner = literalValue(node.args);
    return typeof inner === 'number' ? -inner : null;
  }
  if (node.op !== 'call' || node.args[0] !== 'duration') return null;
  const [text] = node.args[1];
  const written = text ? literalText(text) : null;
  return written === null ? null : durationSeconds(written);
}

function holds(left: Value, operator: Comparison, right: Value): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** Whether the formula holds. Every fact and every opaque part has a value in the assignment. */
export function evaluateFormula(formula: Formula, given: Assignment): boolean {
  switch (formula.kind) {
    case 'constant':
      return formula.value;
    case 'not':
      return !evaluateFormula(formula.part, given);
    case 'and':
      return formula.parts.every((part) => evaluateFormula(part, given));
    case 'or':
      return formula.parts.some((part) => evaluateFormula(part, given));
    case 'if':
      return evaluateFormula(formula.test, given)
        ? evaluateFormula(formula.yes, given)
        : evaluateFormula(formula.no, given);
    case 'opaque':
      return given.get(`?${formula.name}`) === true;
    case 'flag':
      return given.get(formula.path) === true;
    case 'one_of':
      return formula.values.some((value) => value === given.get(formula.path));
    case 'compare': {
      const value = given.get(formula.path);
      return value !== undefined && holds(value, formula.operator, formula.with);
    }
  }
}

/** Calls `see` for every part that asks something. */
export function eachAtom(formula: Formula, see: (atom: Formula) => void): void {
  switch (formula.kind) {
    case 'not':
      eachAtom(formula.part, see);
      return;
    case 'and':
    case 'or':
      for (const part of formula.parts) eachAtom(part, see);
      return;
    case 'if':
      for (const part of [formula.test, formula.yes, formula.no]) eachAtom(part, see);
      return;
    case 'constant':
      return;
    default:
      see(formula);
  }
}
