import type { ASTNode } from '@marcbachmann/cel-js';
import type { Read } from './condition.ts';
import { FIELDS, PROVIDED_ROOT } from './fields.ts';
import type { FindingCode } from './finding.ts';
import type { ProvidedFactType } from './labels.ts';
import { readOf } from './reads.ts';
import { compilePattern } from './regex.ts';
import { suggestion } from './suggest.ts';

/** What is wrong with an expression, and where in its text. */
export interface Problem {
  readonly code: FindingCode;
  readonly index: number;
  readonly message: string;
  readonly fix: string;
}

/** The names an expression may use besides the language's own. */
export interface Names {
  readonly groups: ReadonlySet<string>;
  readonly factTypes: ReadonlyMap<string, ProvidedFactType>;
}

const FUNCTIONS = new Set(['duration', 'size', 'int', 'double', 'string']);
export const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const METHODS = new Set([
  ...['startsWith', 'endsWith', 'contains', 'matches', 'size', 'lowerAscii', 'upperAscii', 'trim'],
  ...['split', 'substring', 'indexOf', 'lastIndexOf', 'join', 'getHours', 'getMinutes', 'getSeconds'],
  ...MACROS,
]);

/** Parts of CEL that would read around the type check, or that have no meaning here; each with what to write instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  has: 'Every fact is always there, so has() says nothing; ask for a label with "team" in role.labels.',
  dyn: 'Use the value itself: types are known here.',
  timestamp: 'Use time.hour, time.weekday, time.date or time.business_hours.',
  bind: 'Write the value twice.',
};

/**
 * Walks an expression: which facts it reads, and what it does that the type checker does not refuse. Every read in a checked
 * expression is one `root.name` written out, so that rules about facts (who may read the reason) can be decided from the text.
 */
export function analyse(ast: ASTNode, names: Names): { reads: Read[]; problems: Problem[] } {
  const reads = new Map<string, Read>();
  const problems: Problem[] = [];
  const problem = (code: FindingCode, index: number, message: string, fix: string): void => {
    problems.push({ code, index, message, fix });
  };
  const read = (path: string, index: number): void => {
    if (!reads.has(path)) reads.set(path, readOf(path, index));
  };

  function walk(node: ASTNode, scope: ReadonlySet<string>): void {
    switch (node.op) {
      case 'value':
        return;
      case 'id':
        if (!scope.has(node.args)) bareName(node.args, node.start);
        return;
      case '.':
        if (node.args[0].op === 'id' && !scope.has(node.args[0].args)) {
          fact(node.args[0].args, node.args[1], node.args[0].start, node.pos);
        } else {
          walk(node.args[0], scope);
        }
        return;
      case 'in':
        membership(node.args[0], node.args[1], scope);
        return;
      case 'call':
        call(node.args[0], node.args[1], node.start, scope);
        return;
      case 'rcall':
        method(node.args[0], node.args[1], node.args[2], node, scope);
        return;
      case 'list':
        for (const item of node.args) walk(item, scope);
        return;
      case 'map':
        for (const [key, value] of node.args) {
          walk(key, scope);
          walk(value, scope);
        }
        return;
      case '!_':
      case '-_':
        walk(node.args, scope);
        return;
      case '.?':
      case '[?]':
        problem(
          'condition_not_allowed',
          node.start,
          'Optional access is not part of the policy language.',
          'Write it without ?.',
        );
        return;
      default:
        for (const part of node.args) walk(part, scope);
    }
  }

  function bareName(name: string, index: number): void {
    const fields = FIELDS[name];
    if (fields || name === PROVIDED_ROOT) {
      const example = fields ? Object.keys(fields)[0] : [...names.factTypes.keys()][0];
      const fix = `Name the fact, such as ${name}.${example ?? 'name'}.`;
      problem('condition_not_allowed', index, `'${name}' on its own is not a value.`, fix);
      return;
    }
    const known = [...Object.keys(FIELDS), PROVIDED_ROOT];
    const fix = suggestion(name, known, 'Use one of the known names.');
    problem('condition_unknown_name', index, `There is nothing called '${name}'.`, fix);
  }

  function fact(root: string, name: string, index: number, nameIndex: number): void {
    if (root === PROVIDED_ROOT) {
      if (names.factTypes.has(name)) {
        read(`${root}.${name}`, index);
        return;
      }
      const fix = suggestion(name, names.factTypes.keys(), 'Declare it under fact_providers.');
      problem('condition_unknown_name', nameIndex, `No fact provider declares '${name}'.`, fix);
      return;
    }
    const fields = FIELDS[root];
    if (!fields) {
      bareName(root, index);
      return;
    }
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!field) {
      const fix = suggestion(name, Object.keys(fields), 'Use one of its facts.');
      problem('condition_unknown_name', nameIndex, `'${root}' has no '${name}'.`, fix);
      return;
    }
    if (field.type === 'groups') {
      const fix = 'Ask for one group at a time: "dba" in requester.groups.';
      problem('condition_not_allowed', index, 'requester.groups can only stand behind `in`.', fix);
      return;
    }
    read(`${root}.${name}`, index);
  }

  function membership(left: ASTNode, right: ASTNode, scope: ReadonlySet<string>): void {
    if (!isGroups(right, scope)) {
      walk(left, scope);
      walk(right, scope);
      return;
    }
    const group = literalText(left);
    if (group === null) {
      walk(left, scope);
      read('requester.groups', right.start);
      return;
    }
    if (!names.groups.has(group)) {
      const fix = suggestion(group, names.groups, 'Declare it under groups.');
      problem('unknown_group', left.start, `There is no group '${group}'.`, fix);
    }
    read(`requester.groups["${group}"]`, left.start);
  }

  function call(name: string, args: readonly ASTNode[], index: number, scope: ReadonlySet<string>): void {
    if (!FUNCTIONS.has(name)) {
      notAllowed(name, index, FUNCTIONS);
      return;
    }
    const [first] = args;
    if (name === 'duration') {
      const text = first ? literalText(first) : null;
      if (text === null || !/^(?:\d+(?:\.\d+)?(?:h|m|s|ms))+$/.test(text)) {
        const fix = 'Write a text such as duration("1h30m"), with h, m and s.';
        problem('condition_type', first?.start ?? index, 'duration() needs a duration written out.', fix);
      }
      return;
    }
    for (const arg of args) walk(arg, scope);
  }

  function method(
    name: string,
    receiver: ASTNode,
    args: readonly ASTNode[],
    node: ASTNode,
    scope: ReadonlySet<string>,
  ): void {
    if (receiver.op === 'id' && receiver.args === 'cel' && !scope.has('cel')) {
      notAllowed(name, node.start, METHODS);
      return;
    }
    walk(receiver, scope);
    if (!METHODS.has(name)) {
      notAllowed(name, node.start, METHODS);
      return;
    }
    const [first, ...others] = args;
    if (MACROS.has(name)) {
      if (first?.op !== 'id') return;
      const inner = new Set([...scope, first.args]);
      for (const each of others) walk(each, inner);
      return;
    }
    if (name === 'matches') {
      const pattern = first ? literalText(first) : null;
      if (pattern === null) {
        const fix = 'Write the pattern as a text in the condition.';
        problem('condition_not_allowed', first?.start ?? node.start, 'matches() needs a pattern written out.', fix);
        return;
      }
      const compiled = compilePattern(pattern);
      if (!compiled.ok) {
        const fix = 'Write it in RE2 syntax.';
        problem('bad_pattern', first?.start ?? node.start, `This pattern cannot be used: ${compiled.error}.`, fix);
      }
      return;
    }
    for (const arg of args) walk(arg, scope);
  }

  function notAllowed(name: string, index: number, allowed: ReadonlySet<string>): void {
    const fix = INSTEAD[name] ?? suggestion(name, allowed, 'Use another.');
    problem('condition_not_allowed', index, `${name}() is not part of the policy language.`, fix);
  }

  walk(ast, new Set());
  return { reads: [...reads.values()], problems };
}

/** The text of a string literal, null for anything else. */
export function literalText(node: ASTNode): string | null {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : null;
}

function isGroups(node: ASTNode, scope: ReadonlySet<string>): boolean {
  if (node.op !== '.') return false;
  const [root, name] = node.args;
  return root.op === 'id' && root.args === 'requester' && !scope.has('requester') && name === 'groups';
}
