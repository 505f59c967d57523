import type { Json } from '../json.ts';
import type { Read } from './condition.ts';
import type { ConditionContext } from './context.ts';
import { FIELDS, PROVIDED_ROOT, readMembership, readProvided } from './fields.ts';

const MEMBERSHIP = /^requester\.groups\["(.*)"\]$/s;
/** Longer texts are cut in the trace; the whole fact is stored beside it. */
const MAX_TRACED_LENGTH = 300;

/** How the trace tells the fact at a path. */
export function readOf(path: string, index: number): Read {
  const read = reader(path);
  return {
    path,
    index,
    value: (context) => {
      try {
        return shorten(read(context));
      } catch {
        // Facts that were stored by another version may lack a part; the trace of an old decision must still be drawn.
        return { unavailable: 'it is missing from the stored facts' };
      }
    },
  };
}

function reader(path: string): (context: ConditionContext) => Json {
  const group = MEMBERSHIP.exec(path)?.[1];
  if (group !== undefined) return ({ facts }) => readMembership(facts, group);
  const [root = '', name = ''] = path.split('.', 2);
  if (root === PROVIDED_ROOT) return (context) => readProvided(context, name);
  const field = FIELDS[root]?.[name];
  return (context) => (field ? field.read(context) : null);
}

const shorten = (value: Json): Json =>
  typeof value === 'string' && value.length > MAX_TRACED_LENGTH ? `${value.slice(0, MAX_TRACED_LENGTH)}…` : value;
