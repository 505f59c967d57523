import type { ASTNode } from '@marcbachmann/cel-js';
import { literalText } from './analyse.ts';
import { durationSeconds } from './cel-duration.ts';
import type { ConditionContext } from './context.ts';
import type { Known } from './facts.ts';
import { FIELDS, type FieldType, PROVIDED_ROOT, readMembership, readProvided } from './fields.ts';
import type { ProvidedFactType } from './labels.ts';
import { compilePattern } from './regex.ts';
import { type CelVariables, FactUnavailable, known } from './variables.ts';

/** A part of an expression, made into a function once. It throws where CEL gives an error. */
export type Closure = (context: ConditionContext, variables: CelVariables) => unknown;

interface Typed {
  readonly type: FieldType;
  readonly run: Closure;
  /** Written out in the condition. */
  readonly constant: boolean;
}

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
const SCALARS: ReadonlySet<FieldType> = new Set(['string', 'int', 'double', 'bool', 'duration']);

/**
 * Makes functions of a checked condition. What policies are made of (and, or, not, comparisons of facts, groups, labels and
 * lists) is done here, at a small part of what CEL's general evaluator costs; every other part is left to `general`, which makes a
 * function of that part alone. The meaning is CEL's in both: an error of one side of && or || does not matter when the other
 * side decides.
 */
export function toClosure(
  ast: ASTNode,
  factTypes: ReadonlyMap<string, ProvidedFactType>,
  general: (node: ASTNode) => Closure,
): Closure {
  const make = (node: ASTNode): Closure => {
    switch (node.op) {
      case '&&':
        return both(make(node.args[0]), make(node.args[1]), false);
      case '||':
        return both(make(node.args[0]), make(node.args[1]), true);
      case '!_': {
        const part = make(node.args);
        return (context, variables) => !part(context, variables);
      }
      case '?:': {
        const [test, yes, no] = [make(node.args[0]), make(node.args[1]), make(node.args[2])];
        return (context, variables) => (test(context, variables) ? yes : no)(context, variables);
      }
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return comparison(node.args[0], node.op, node.args[1]) ?? general(node);
      case 'in':
        return membership(node.args[0], node.args[1]) ?? general(node);
      case 'rcall':
        return textMethod(node.args[0], node.args[1], node.args[2]) ?? general(node);
      case 'value':
      case '.': {
        const found = scalar(node);
        return found && (found.type === 'bool' || found.type === 'string') ? found.run : general(node);
      }
      default:
        return general(node);
    }
  };

  function comparison(left: ASTNode, operator: Comparison, right: ASTNode): Closure | null {
    const [a, b] = [scalar(left), scalar(right)];
    if (!a || !b || a.type !== b.type || (a.constant && b.constant)) return null;
    const ordered = operator !== '==' && operator !== '!=';
    // Texts are ordered by code points in CEL and by code units here, and nobody orders yes and no.
    if (ordered && (a.type === 'string' || a.type === 'bool')) return null;
    return compare(operator, a.run, b.run);
  }

  /** A fact or something written out whose value is one plain thing; numbers and durations as JavaScript's numbers. */
  function scalar(node: ASTNode): Typed | null {
    if (node.op === 'value') return constantOf(node.args);
    if (node.op === 'call' && node.args[0] === 'duration') {
      const [text] = node.args[1];
      const written = text ? literalText(text) : null;
      const seconds = written === null ? null : durationSeconds(written);
      return seconds === null ? null : { type: 'duration', run: () => seconds, constant: true };
    }
    const label = labelOf(node);
    if (label) return label;
    if (node.op !== '.' || node.args[0].op !== 'id') return null;
    return factOf(node.args[0].args, node.args[1]);
  }

  function factOf(root: string, name: string): Typed | null {
    const path = `${root}.${name}`;
    if (root === PROVIDED_ROOT) {
      const type = factTypes.get(name);
      if (!type) return null;
      return { type, constant: false, run: (context) => reading(context, path, readProvided(context, name)) };
    }
    const field = Object.hasOwn(FIELDS, root) ? FIELDS[root]?.[name] : undefined;
    if (!field || !SCALARS.has(field.type)) return null;
    const whole = field.type === 'int' || field.type === 'duration';
    const run: Closure = (context) => {
      const value = reading(context, path, field.read(context));
      return whole && typeof value === 'number' ? Math.trunc(value) : value;
    };
    return { type: field.type, constant: false, run };
  }

  return make(ast);
}

function reading<T>(context: ConditionContext, path: string, value: Known<T>): T {
  const { probe } = context;
  if (probe?.hidden.has(path)) {
    probe.touched = true;
    throw new FactUnavailable(`${path} is not known yet`);
  }
  return known(value, path);
}

function constantOf(value: unknown): Typed | null {
  const run: Closure = () => value;
  if (typeof value === 'string') return { type: 'string', run, constant: true };
  if (typeof value === 'boolean') return { type: 'bool', run, constant: true };
  if (typeof value === 'number') return { type: 'double', run, constant: true };
  if (typeof value !== 'bigint') return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? { type: 'int', run: () => number, constant: true } : null;
}

/** `role.labels.team`, or the same of the resource. */
function labelOf(node: ASTNode): Typed | null {
  const key = node.op === '.' ? node.args[1] : node.op === '[]' ? literalText(node.args[1]) : null;
  const labels = node.op === '.' || node.op === '[]' ? labelsOf(node.args[0]) : null;
  if (key === null || !labels) return null;
  const run: Closure = (context) => {
    const all = labels(context);
    if (Object.hasOwn(all, key)) return all[key];
    throw new Error(`No such key: ${key}`);
  };
  return { type: 'string', run, constant: false };
}

type Labels = { readonly [name: string]: string };

function labelsOf(node: ASTNode): ((context: ConditionContext) => Labels) | null {
  if (node.op !== '.' || node.args[1] !== 'labels' || node.args[0].op !== 'id') return null;
  if (node.args[0].args === 'role') return ({ role }) => role.labels;
  return node.args[0].args === 'resource' ? ({ role }) => role.resource.labels : null;
}

/** && (`decisive` false) and || (true): the decisive value of either side decides, whatever becomes of the other. */
function both(left: Closure, right: Closure, decisive: boolean): Closure {
  return (context, variables) => {
    let first: unknown;
    try {
      first = left(context, variables);
    } catch (error) {
      if (right(context, variables) === decisive) return decisive;
      throw error;
    }
    return first === decisive ? decisive : right(context, variables);
  };
}

function compare(operator: Comparison, left: Closure, right: Closure): Closure {
  switch (operator) {
    case '==':
      return (context, variables) => left(context, variables) === right(context, variables);
    case '!=':
      return (context, variables) => left(context, variables) !== right(context, variables);
    case '<':
      return (context, variables) => Number(left(context, variables)) < Number(right(context, variables));
    case '<=':
      return (context, variables) => Number(left(context, variables)) <= Number(right(context, variables));
    case '>':
      return (context, variables) => Number(left(context, variables)) > Number(right(context, variables));
    case '>=':
      return (context, variables) => Number(left(context, variables)) >= Number(right(context, variables));
  }
}

/** A group, a label's name or a held role that is written out. Anything else is left to CEL. */
function membership(left: ASTNode, right: ASTNode): Closure | null {
  const text = literalText(left);
  if (text === null) return null;
  const labels = labelsOf(right);
  if (labels) return (context) => Object.hasOwn(labels(context), text);
  if (right.op !== '.' || right.args[0].op !== 'id') return null;
  const path = `${right.args[0].args}.${right.args[1]}`;
  if (path === 'requester.groups') {
    const what = `the members of group '${text}'`;
    return (context) => {
      const { probe } = context;
      if (probe?.hidden.has(path)) {
        probe.touched = true;
        throw new FactUnavailable(`${path} is not known yet`);
      }
      return known(readMembership(context.facts, text), what) === true;
    };
  }
  return null;
}

/** A question about a text fact with something written out. */
function textMethod(name: string, receiver: ASTNode, args: readonly ASTNode[]): Closure | null {
  const [first, ...others] = args;
  const text = first ? literalText(first) : null;
  if (text === null || others.length > 0 || receiver.op !== '.' || receiver.args[0].op !== 'id') return null;
  const [root, key] = [receiver.args[0].args, receiver.args[1]];
  const field = Object.hasOwn(FIELDS, root) ? FIELDS[root]?.[key] : undefined;
  if (field?.type !== 'string') return null;
  const test = testOf(name, text);
  if (!test) return null;
  const path = `${root}.${key}`;
  return (context) => test(String(reading(context, path, field.read(context))));
}

function testOf(name: string, text: string): ((value: string) => boolean) | null {
  switch (name) {
    case 'startsWith':
      return (value) => value.startsWith(text);
    case 'endsWith':
      return (value) => value.endsWith(text);
    case 'contains':
      return (value) => value.includes(text);
    case 'matches': {
      const pattern = compilePattern(text);
      return pattern.ok ? pattern.test : null;
    }
    default:
      return null;
  }
}
