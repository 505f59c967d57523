import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { Duration } from '@marcbachmann/cel-js/evaluator';
import { serialize } from '@marcbachmann/cel-js/serialize';
import { analyse, literalText, type Names, type Problem } from './analyse.ts';
import { type Closure, toClosure } from './closures.ts';
import type { Condition } from './condition.ts';
import { worstCost } from './cost.ts';
import { FIELDS, PROVIDED_ROOT } from './fields.ts';
import * as limits from './limits.ts';
import { compilePattern } from './regex.ts';
import { CelGroups, CelProvided, CelVariables, ROOT_CLASSES } from './variables.ts';

export type Compiled =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Compiles the expressions of one policy: the same text is parsed and checked once, however many rules use it. */
export interface Language {
  /** `result` is what the expression must give: a yes or no for `when`, a text for `subject`. */
  compile(text: string, result: 'bool' | 'string'): Compiled;
}

/** The library's `matches` runs on JavaScript's regular expressions; this function has the same meaning and takes linear time. */
const OWN_MATCH = 'matchesRE2';

export function createLanguage(names: Names): Language {
  const environment = createEnvironment(names);
  const done = new Map<string, Compiled>();
  return {
    compile(text, result) {
      const key = `${result} ${text}`;
      const before = done.get(key);
      if (before) return before;
      const compiled = compile(environment, names, text, result);
      done.set(key, compiled);
      return compiled;
    },
  };
}

function compile(environment: Environment, names: Names, text: string, result: 'bool' | 'string'): Compiled {
  if (text.length > limits.MAX_CONDITION_LENGTH) {
    const message = `The condition has ${text.length} characters; at most ${limits.MAX_CONDITION_LENGTH} are allowed.`;
    return failed({ code: 'condition_too_costly', index: 0, message, fix: 'Split it into several rules.' });
  }
  try {
    const first = environment.parse(text);
    const { ast } = first;
    const { reads, problems } = analyse(ast, names);
    if (problems.length > 0) return { ok: false, problems };
    const { cost, largest } = worstCost(ast);
    if (cost > limits.MAX_CONDITION_COST || largest > limits.MAX_VALUE_SIZE) {
      const message =
        cost > limits.MAX_CONDITION_COST
          ? `At worst the condition takes ${cost} steps; at most ${limits.MAX_CONDITION_COST} are allowed.`
          : `At worst the condition builds a value of size ${largest}; at most ${limits.MAX_VALUE_SIZE} is allowed.`;
      return failed({
        code: 'condition_too_costly',
        index: 0,
        message,
        fix: 'Nest fewer loops, or look at shorter texts.',
      });
    }
    const checked = first.check();
    if (!checked.valid) return failed(describe(checked.error, text, 'condition_type'));
    if (checked.type !== result) return failed(wrongResult(text, checked.type, result));
    const whole = toProgram(environment, text, ast);
    if (whole === null) {
      const fix = 'Put no comment between the text and .matches().';
      return failed({ code: 'condition_syntax', index: 0, message: 'A matches() here cannot be read.', fix });
    }
    const general = (node: ASTNode): Closure => {
      const program = node === ast ? whole : partProgram(environment, serialize(node));
      return (_, variables) => program(variables);
    };
    const run = closureOf(ast, names, general) ?? ((_, variables) => whole(variables));
    const evaluate = (variables: CelVariables): unknown => run(CelVariables.context(variables), variables);
    return { ok: true, condition: { text, ast, reads, evaluate, general: (variables) => whole(variables) } };
  } catch (error) {
    return failed(describe(error, text, 'condition_syntax'));
  }
}

const failed = (problem: Problem): Compiled => ({ ok: false, problems: [problem] });

function wrongResult(text: string, type: string | undefined, result: 'bool' | 'string'): Problem {
  const wanted = result === 'bool' ? 'a yes or no' : 'a text';
  const fix = result === 'bool' ? 'Compare it with something.' : 'Write an expression such as requester.email.';
  const message = `The condition must give ${wanted}, but \`${text.slice(0, 60)}\` gives ${plainType(type ?? 'nothing')}.`;
  return { code: 'condition_type', index: 0, message, fix };
}

function createEnvironment(names: Names): Environment {
  const environment = new Environment({
    limits: {
      maxAstNodes: limits.MAX_CONDITION_NODES,
      maxDepth: limits.MAX_CONDITION_DEPTH,
      maxListElements: 100,
      maxMapEntries: 50,
      maxCallArguments: 4,
    },
  });
  environment.registerType('Groups', { ctor: CelGroups, fields: {} });
  environment.registerOperator('string in Groups: bool', (group: string, groups: CelGroups) => groups.has(group));
  const patterns = new Map<string, (text: string) => boolean>();
  environment.registerFunction(`string.${OWN_MATCH}(string): bool`, (text: string, pattern: string) => {
    let test = patterns.get(pattern);
    if (!test) {
      const compiled = compilePattern(pattern);
      if (!compiled.ok) throw new Error(`the pattern cannot be used: ${compiled.error}`);
      test = compiled.test;
      patterns.set(pattern, test);
    }
    return test(text);
  });
  for (const [root, RootClass] of ROOT_CLASSES) {
    const fields = Object.entries(FIELDS[root] ?? {}).map(([name, { type }]) => [name, celType(type)]);
    const type = `${root[0]?.toUpperCase()}${root.slice(1)}`;
    environment.registerType(type, { ctor: RootClass, fields: Object.fromEntries(fields) });
    environment.registerVariable(root, type);
  }
  environment.registerType('Facts', { ctor: CelProvided, fields: Object.fromEntries(names.factTypes) });
  environment.registerVariable(PROVIDED_ROOT, 'Facts');
  return environment;
}

function celType(type: string): string {
  if (type === 'duration') return 'google.protobuf.Duration';
  return type === 'groups' ? 'Groups' : type;
}

const plainType = (text: string): string =>
  text.replaceAll('google.protobuf.Duration', 'duration').replaceAll('google.protobuf.Timestamp', 'timestamp');

/**
 * What is evaluated in place of the text: `matches` under our own name, and each `duration("1h")` as a constant, since parsing it
 * takes longer than all the rest of most conditions. null when a call of CEL's own `matches` would be left.
 */
function toProgram(environment: Environment, text: string, ast: ASTNode): ((context: CelVariables) => unknown) | null {
  const edits: { from: number; to: number; by: string }[] = [];
  visit(ast, (node) => {
    if (node.op === 'rcall' && node.args[0] === 'matches') {
      const from = text.indexOf('matches', node.args[1].end);
      if (from >= 0) edits.push({ from, to: from + 'matches'.length, by: OWN_MATCH });
    } else if (node.op === 'call' && node.args[0] === 'duration') {
      const literal = node.args[1][0];
      const written = literal ? literalText(literal) : null;
      if (written !== null) edits.push({ from: node.start, to: node.end, by: durationConstant(environment, written) });
    }
  });
  let program = text;
  for (const { from, to, by } of edits.sort((a, b) => b.from - a.from)) {
    program = program.slice(0, from) + by + program.slice(to);
  }
  const parsed = environment.parse(program);
  let leftOver = false;
  visit(parsed.ast, (node) => {
    leftOver ||= node.op === 'rcall' && node.args[0] === 'matches';
  });
  return leftOver || !parsed.check().valid ? null : parsed;
}

/** null: a part does not come back from its text, so the whole is left to CEL. */
function closureOf(ast: ASTNode, names: Names, general: (node: ASTNode) => Closure): Closure | null {
  try {
    return toClosure(ast, names.factTypes, general);
  } catch {
    return null;
  }
}

/** One part of a checked condition, for itself. */
function partProgram(environment: Environment, text: string): (variables: CelVariables) => unknown {
  const program = toProgram(environment, text, environment.parse(text).ast);
  if (program === null) throw new Error(`The part \`${text}\` of a condition that was checked does not compile`);
  return program;
}

/** The name of a constant that holds the duration; no fact can be called so, since facts begin with their root. */
function durationConstant(environment: Environment, written: string): string {
  const value: unknown = environment.evaluate(`duration(${JSON.stringify(written)})`);
  if (!(value instanceof Duration)) throw new Error(`${written} is no duration`);
  const name = `duration_${value.seconds}_${value.nanos}`;
  if (!environment.hasVariable(name)) environment.registerConstant(name, 'google.protobuf.Duration', value);
  return name;
}

function visit(node: ASTNode, see: (node: ASTNode) => void): void {
  see(node);
  if (node.op === 'value' || node.op === 'id') return;
  if (node.op === '.' || node.op === '.?') visit(node.args[0], see);
  else if (node.op === '!_' || node.op === '-_') visit(node.args, see);
  else if (node.op === 'call') for (const arg of node.args[1]) visit(arg, see);
  else if (node.op === 'rcall') for (const part of [node.args[1], ...node.args[2]]) visit(part, see);
  else if (node.op === 'map') for (const part of node.args.flat()) visit(part, see);
  else for (const part of node.args) visit(part, see);
}

/** An error of the CEL library in our words. Its `summary` is the sentence, without the picture of the place. */
function describe(error: unknown, text: string, code: 'condition_type' | 'condition_syntax'): Problem {
  const summary = celSummary(error);
  const index = Math.min(celStart(error), Math.max(0, text.length));
  if (/^Exceeded max/i.test(summary)) {
    const fix = 'Split it into several rules.';
    return { code: 'condition_too_costly', index, message: `The condition is too large: ${summary}.`, fix };
  }
  const overload = /^no such overload: (.*)$/.exec(plainType(summary))?.[1];
  if (overload !== undefined) {
    const fix = overload.includes('duration')
      ? 'Compare a duration with duration("1h").'
      : 'Compare values of the same type; a text stands in quotes.';
    return { code: 'condition_type', index, message: `The types do not fit: ${overload}.`, fix };
  }
  const message = `${code === 'condition_syntax' ? 'The condition is not valid CEL' : 'The types do not fit'}: ${plainType(summary)}.`;
  const fix =
    code === 'condition_syntax'
      ? 'Check brackets, quotes and operators (&&, ||, !, ==, in) around here.'
      : 'Check what this part gives, and what is expected of it.';
  return { code, index, message, fix };
}

function celSummary(error: unknown): string {
  const found = error instanceof Error && 'summary' in error ? error.summary : undefined;
  const text = typeof found === 'string' ? found : error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? text).replace(/\.$/, '');
}

function celStart(error: unknown): number {
  const range = error instanceof Error && 'range' in error ? error.range : undefined;
  if (typeof range !== 'object' || range === null || !('start' in range)) return 0;
  return typeof range.start === 'number' ? range.start : 0;
}
