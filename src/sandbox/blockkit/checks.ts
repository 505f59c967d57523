import { isJson, type Json } from '../workspace/json.ts';
import type { Violation } from './violation.ts';

/** Where a check stands: the JSON pointer, the rule's name so far, and Slack's error code for this surface. */
export interface At {
  readonly path: string;
  readonly rule: string;
  readonly slackError: string;
  readonly found: Violation[];
}

export type Check = (value: unknown, at: At) => void;

interface Field {
  readonly check: Check;
  readonly required: boolean;
}

/** The fields of an object. A field that isn't named here is refused, as Slack refuses it. */
export type Fields = Readonly<Record<string, Field>>;

export function report(at: At, what: string, message: string): void {
  at.found.push({ path: at.path, rule: `${at.rule}.${what}`, message, slackError: at.slackError });
}

/** For what Slack takes and this project does not want. */
export function reportOwn(at: At, what: string, message: string): void {
  at.found.push({ path: at.path, rule: `${at.rule}.${what}`, message, slackError: undefined });
}

export const inside = (at: At, key: string | number, rule = at.rule): At => ({
  ...at,
  path: `${at.path}/${key}`,
  rule,
});

export const required = (check: Check): Field => ({ check, required: true });
export const optional = (check: Check): Field => ({ check, required: false });

export const anything: Check = () => undefined;

export const boolean: Check = (value, at) => {
  if (typeof value !== 'boolean') report(at, 'type', 'must be true or false');
};

export function integer(min: number, max: number): Check {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) report(at, 'type', 'must be a whole number');
    else if (value < min || value > max) report(at, 'range', `must be from ${min} to ${max}, is ${value}`);
  };
}

export function string(max: number, min = 0): Check {
  return (value, at) => {
    if (typeof value !== 'string') report(at, 'type', 'must be a string');
    else if (value.length < min) report(at, 'empty', `must have at least ${min} characters`);
    else if (value.length > max) report(at, 'length', `must have at most ${max} characters, has ${value.length}`);
  };
}

export function pattern(form: RegExp, example: string): Check {
  return (value, at) => {
    if (typeof value !== 'string' || !form.test(value)) report(at, 'format', `must look like ${example}`);
  };
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, at) => {
    if (typeof value !== 'string' || !allowed.includes(value)) {
      report(at, 'value', `must be one of ${allowed.join(', ')}`);
    }
  };
}

export function list(check: Check, max: number, min = 1): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return report(at, 'type', 'must be a list');
    if (value.length > max) report(at, 'count', `must have at most ${max} items, has ${value.length}`);
    if (value.length < min) report(at, 'count', `must have at least ${min} items, has ${value.length}`);
    for (const [index, item] of value.entries()) check(item, inside(at, index));
  };
}

/** An object with exactly these fields. `name` begins the names of the rules inside: `button.text.length`. */
export function shape(name: string, fields: Fields, more: (value: Json, at: At) => void = () => undefined): Check {
  return (value, outer) => {
    const at = { ...outer, rule: name };
    if (!isJson(value)) return report(at, 'type', 'must be an object');
    for (const [key, field] of Object.entries(fields)) {
      const below = inside(at, key, `${name}.${key}`);
      if (value[key] !== undefined && value[key] !== null) field.check(value[key], below);
      else if (field.required) report(below, 'required', `'${key}' is missing`);
    }
    for (const key of Object.keys(value)) {
      if (!(key in fields)) report(inside(at, key), 'unknown_field', `there is no field '${key}' here`);
    }
    more(value, at);
  };
}

/** An object whose `type` decides what else it has; only the types that may stand here. */
export function byType(what: string, table: Readonly<Record<string, Check>>, allowed = Object.keys(table)): Check {
  return (value, at) => {
    const type = isJson(value) && typeof value.type === 'string' ? value.type : '';
    const check = table[type];
    if (check === undefined) {
      report({ ...at, rule: what }, 'unknown_type', `there is no ${what} of type '${type}'`);
    } else if (!allowed.includes(type)) {
      report({ ...at, rule: what }, 'misplaced', `'${type}' can't stand here; it may be ${allowed.join(', ')}`);
    } else check(value, at);
  };
}
