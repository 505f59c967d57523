import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../json.ts';
import type { ConditionContext } from './context.ts';
import type { CelVariables } from './variables.ts';

/** One fact that an expression reads. */
export interface Read {
  /** Such as `request.duration` or `requester.groups["dba"]`. */
  readonly path: string;
  /** Where it stands in the expression's text, from 0. */
  readonly index: number;
  /** The fact as the trace tells it; one that is not known as `{ unavailable }`. Never throws. */
  readonly value: (context: ConditionContext) => Json;
}

/** A checked CEL expression that can be read again and again. */
export interface Condition {
  readonly text: string;
  readonly ast: ASTNode;
  /** Each fact once, in the order of the text. */
  readonly reads: readonly Read[];
  /** The expression's value: a boolean or a string, as its place demands. Throws when it cannot be evaluated. */
  readonly evaluate: (variables: CelVariables) => unknown;
  /** The same by CEL's own evaluator alone, several times slower: what `evaluate` is held against in tests. */
  readonly general: (variables: CelVariables) => unknown;
}
