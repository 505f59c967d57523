import type { ASTNode } from '@marcbachmann/cel-js';
import { literalText, MACROS } from './analyse.ts';
import { FIELDS, PROVIDED_ROOT, providedMaxSize } from './fields.ts';
import * as limits from './limits.ts';

/** The largest a value can be: characters of a text, elements of a list, entries of a map, and the same of what is inside. */
interface Shape {
  readonly size: number;
  readonly item: Shape | null;
  /** The elements are parts of one text: together they are no larger than `size`, though each may be. */
  readonly parts?: true;
}

interface Estimate {
  /** Steps at worst. */
  readonly cost: number;
  readonly shape: Shape;
}

const ONE: Shape = { size: 1, item: null };
const TEXT: Shape = { size: limits.MAX_TEXT_LENGTH, item: null };

const total = (shape: Shape): number =>
  shape.parts || !shape.item ? shape.size : shape.size * Math.max(1, total(shape.item));

const larger = (a: Shape, b: Shape): Shape => ({
  size: Math.max(a.size, b.size),
  item: a.item && b.item ? larger(a.item, b.item) : (a.item ?? b.item),
});

/**
 * How many steps an expression takes at worst, whatever it is given: the limits on facts bound every list and text that it
 * starts from. `largest` is the largest value it may build on the way.
 */
export function worstCost(ast: ASTNode): { cost: number; largest: number } {
  let largest = 0;

  function estimate(node: ASTNode, scope: ReadonlyMap<string, Shape>): Estimate {
    const found = estimateNode(node, scope);
    largest = Math.max(largest, total(found.shape));
    return found;
  }

  function estimateNode(node: ASTNode, scope: ReadonlyMap<string, Shape>): Estimate {
    switch (node.op) {
      case 'value': {
        const text = literalText(node);
        return { cost: 1, shape: text === null ? ONE : { size: text.length, item: null } };
      }
      case 'id':
        return { cost: 1, shape: scope.get(node.args) ?? ONE };
      case '.':
        return access(node.args[0], node.args[1], scope);
      case 'list': {
        const items = node.args.map((item) => estimate(item, scope));
        const item = items.map((each) => each.shape).reduce(larger, ONE);
        return { cost: 1 + sum(items), shape: { size: items.length, item } };
      }
      case 'map': {
        const values = node.args.map(([, value]) => estimate(value, scope));
        const keys = node.args.map(([key]) => estimate(key, scope));
        const item = values.map((each) => each.shape).reduce(larger, ONE);
        return { cost: 1 + sum(keys) + sum(values), shape: { size: values.length, item } };
      }
      case '[]': {
        const [list, key] = [estimate(node.args[0], scope), estimate(node.args[1], scope)];
        return { cost: 1 + list.cost + key.cost, shape: list.shape.item ?? ONE };
      }
      case '?:': {
        const parts = node.args.map((part) => estimate(part, scope));
        const [, yes, no] = parts;
        return { cost: 1 + sum(parts), shape: yes && no ? larger(yes.shape, no.shape) : ONE };
      }
      case '+': {
        const [a, b] = [estimate(node.args[0], scope), estimate(node.args[1], scope)];
        const shape: Shape = { size: a.shape.size + b.shape.size, item: larger(a.shape, b.shape).item };
        return { cost: 1 + a.cost + b.cost + total(shape), shape };
      }
      case '!_':
      case '-_':
        return { cost: 1 + estimate(node.args, scope).cost, shape: ONE };
      case 'call': {
        const args = node.args[1].map((arg) => estimate(arg, scope));
        // string() of a number is short; of a text it is the text itself.
        const shape = { size: Math.max(32, ...args.map((arg) => arg.shape.size)), item: null };
        return { cost: 1 + sum(args) + sizes(args), shape };
      }
      case 'rcall':
        return method(node.args[0], node.args[1], node.args[2], scope);
      case '.?':
      case '[?]':
        return { cost: 1, shape: ONE };
      default: {
        // Comparisons and `in` look through both sides; && and || only add up.
        const parts = node.args.map((part) => estimate(part, scope));
        return { cost: 1 + sum(parts) + sizes(parts), shape: ONE };
      }
    }
  }

  function access(left: ASTNode, name: string, scope: ReadonlyMap<string, Shape>): Estimate {
    if (left.op !== 'id' || scope.has(left.args)) {
      const inner = estimate(left, scope);
      return { cost: 1 + inner.cost, shape: inner.shape.item ?? ONE };
    }
    if (left.args === PROVIDED_ROOT) return { cost: 1, shape: { size: providedMaxSize('string'), item: null } };
    const field = FIELDS[left.args]?.[name];
    const nested = field?.type === 'list<string>' || field?.type === 'map<string, string>';
    const item = nested ? { size: 2 * limits.MAX_NAME_LENGTH + 1, item: null } : null;
    return { cost: 1, shape: { size: field?.maxSize ?? 1, item } };
  }

  function method(
    name: string,
    receiver: ASTNode,
    args: readonly ASTNode[],
    scope: ReadonlyMap<string, Shape>,
  ): Estimate {
    const on = estimate(receiver, scope);
    const [first, ...others] = args;
    if (MACROS.has(name)) {
      if (first?.op !== 'id') return { cost: 1 + on.cost, shape: ONE };
      // Of a map, the keys are visited; their size is bounded by that of the values' limit.
      const inner = new Map(scope).set(first.args, on.shape.item ?? TEXT);
      const bodies = others.map((body) => estimate(body, inner));
      const cost = 1 + on.cost + on.shape.size * (1 + sum(bodies));
      if (name === 'map') return { cost, shape: { size: on.shape.size, item: bodies.at(-1)?.shape ?? ONE } };
      return { cost, shape: name === 'filter' ? on.shape : ONE };
    }
    const given = args.map((arg) => estimate(arg, scope));
    const cost = 1 + on.cost + sum(given) + total(on.shape) + sizes(given);
    switch (name) {
      case 'matches':
        return { cost: cost + on.shape.size * Math.max(1, given[0]?.shape.size ?? 1), shape: ONE };
      case 'split':
        return { cost, shape: { size: on.shape.size + 1, item: on.shape, parts: true } };
      case 'join':
        return { cost, shape: { size: total(on.shape) + on.shape.size * (given[0]?.shape.size ?? 0), item: null } };
      case 'lowerAscii':
      case 'upperAscii':
      case 'trim':
      case 'substring':
        return { cost, shape: on.shape };
      default:
        return { cost, shape: ONE };
    }
  }

  const { cost } = estimate(ast, new Map());
  return { cost, largest };
}

const sum = (parts: readonly Estimate[]): number => parts.reduce((all, part) => all + part.cost, 0);
const sizes = (parts: readonly Estimate[]): number => parts.reduce((all, part) => all + total(part.shape), 0);
