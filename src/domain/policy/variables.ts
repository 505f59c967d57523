import { Duration } from '@marcbachmann/cel-js/evaluator';
import type { Json } from '../json.ts';
import type { ConditionContext } from './context.ts';
import { isUnavailable, type Known } from './facts.ts';
import { FIELDS, type Field, type FieldType, PROVIDED_ROOT, readMembership, readProvided } from './fields.ts';

/** What a fact throws that could not be gathered, or that is not known yet. */
export class FactUnavailable extends Error {
  override readonly name = 'FactUnavailable';
}

/** A root such as `request`. Its facts are getters on the prototype, one for each field, so that reading an unknown one throws. */
class Root {
  readonly context: ConditionContext;
  constructor(context: ConditionContext) {
    this.context = context;
  }
}

/** `requester.groups`, which knows only one question: is this group among them? */
export class CelGroups {
  readonly #context: ConditionContext;
  constructor(context: ConditionContext) {
    this.#context = context;
  }
  has(group: string): boolean {
    const { probe } = this.#context;
    if (probe?.hidden.has('requester.groups')) {
      probe.touched = true;
      throw new FactUnavailable('requester.groups is not known yet');
    }
    const member = known(readMembership(this.#context.facts, group), `the members of group '${group}'`);
    return member === true;
  }
}

/** `facts`. CEL reads a Map by `get`, which serves names that only a policy's providers know. */
export class CelProvided extends Map<string, unknown> {
  readonly #context: ConditionContext;
  constructor(context: ConditionContext) {
    super();
    this.#context = context;
  }
  override get(name: string): unknown {
    const { probe } = this.#context;
    if (probe?.hidden.has(`facts.${name}`)) {
      probe.touched = true;
      throw new FactUnavailable(`facts.${name} is not known yet`);
    }
    const value = known(readProvided(this.#context, name), `facts.${name}`);
    return toCel(value, this.#context.factTypes.get(name) ?? 'string');
  }
}

/** One class for each root, since CEL tells types apart by their constructor. */
export const ROOT_CLASSES: ReadonlyMap<string, typeof Root> = new Map(
  Object.entries(FIELDS).map(([root, fields]) => [root, rootClass(root, fields)]),
);

/** The roots over one context, as the properties that CEL reads; each is made when the first condition asks for it. */
export class CelVariables {
  readonly #context: ConditionContext;
  /** Most conditions never get here, so nothing is made for them. */
  #made: Map<string, object> | null = null;
  constructor(context: ConditionContext) {
    this.#context = context;
  }
  /** Not a member, since members are what expressions can name. */
  static context(variables: CelVariables): ConditionContext {
    return variables.#context;
  }
  static get(variables: CelVariables, root: string, RootClass: new (context: ConditionContext) => object): object {
    variables.#made ??= new Map();
    const made = variables.#made.get(root);
    if (made) return made;
    const fresh = new RootClass(variables.#context);
    variables.#made.set(root, fresh);
    return fresh;
  }
}

for (const [root, RootClass] of [...ROOT_CLASSES, [PROVIDED_ROOT, CelProvided] as const]) {
  Object.defineProperty(CelVariables.prototype, root, {
    get(this: CelVariables): object {
      return CelVariables.get(this, root, RootClass);
    },
  });
}

function rootClass(root: string, fields: Readonly<Record<string, Field>>): typeof Root {
  const RootClass = class extends Root {};
  for (const [name, field] of Object.entries(fields)) {
    const path = `${root}.${name}`;
    Object.defineProperty(RootClass.prototype, name, {
      get(this: Root): unknown {
        if (field.type === 'groups') return new CelGroups(this.context);
        const probe = this.context.probe;
        if (probe?.hidden.has(path)) {
          probe.touched = true;
          throw new FactUnavailable(`${path} is not known yet`);
        }
        return toCel(known(field.read(this.context), path), field.type);
      },
    });
  }
  return RootClass;
}

/** The value, or a throw that says why there is none. */
export function known<T>(value: Known<T>, what: string): T {
  if (isUnavailable(value)) throw new FactUnavailable(`${what} could not be looked up: ${value.unavailable}`);
  return value;
}

/** Plain data in the form that CEL computes with: integers as bigint, durations as its own type. */
function toCel(value: Json, type: FieldType): unknown {
  if (typeof value === 'number' && type === 'int') return BigInt(Math.trunc(value));
  if (typeof value === 'number' && type === 'duration') return new Duration(Math.trunc(value));
  return value;
}
