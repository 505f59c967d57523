import type { Facts } from './facts.ts';
import { errorText } from './judge.ts';
import { MAX_SUBJECT_LENGTH } from './limits.ts';
import type { Role } from './types.ts';
import { CelVariables } from './variables.ts';

export type Subject =
  | { readonly ok: true; readonly subject: string }
  /** `error` is a whole sentence. */
  | { readonly ok: false; readonly error: string };

const NONE = new Map<string, never>();

/** Who the requester is on the target, by the role's `subject`. Whether such a subject exists there, only the connector knows. */
export function subjectFor(role: Role, facts: Facts): Subject {
  let value: unknown;
  try {
    value = role.subject.evaluate(new CelVariables({ facts, role, factTypes: NONE, probe: null }));
  } catch (error) {
    return { ok: false, error: `The subject \`${role.subject.text}\` cannot be worked out: ${errorText(error)}.` };
  }
  if (typeof value !== 'string' || value === '') return wrong(role, 'is empty');
  if (value.length > MAX_SUBJECT_LENGTH) return wrong(role, `is longer than ${MAX_SUBJECT_LENGTH} characters`);
  if (value !== value.trim() || /\p{C}/u.test(value))
    return wrong(role, 'has white space around it or characters that nobody sees');
  return { ok: true, subject: value };
}

const wrong = (role: Role, what: string): Subject => ({
  ok: false,
  error: `The subject that \`${role.subject.text}\` gives ${what}.`,
});
