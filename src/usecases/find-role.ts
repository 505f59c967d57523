import { roleKey } from '../domain/ids.ts';
import { shortKey } from '../domain/policy/short-key.ts';
import { closest } from '../domain/policy/suggest.ts';
import type { Policy, Role } from '../domain/policy/types.ts';
import { type Refusal, refused } from '../domain/refusal.ts';
import { SUGGESTIONS } from './limits.ts';

/** The role behind what somebody typed, or chose from a menu. */
export function findRole(policy: Policy, typed: string): { ok: true; role: Role } | { ok: false; refusal: Refusal } {
  const name = typed.trim();
  const role = policy.roles.get(roleKey(name));
  if (role) return { ok: true, role };
  const keys = [...policy.roles.keys()];
  const meant = name.startsWith('~') ? keys.find((key) => shortKey(key) === name) : undefined;
  const chosen = meant && policy.roles.get(meant);
  if (chosen) return { ok: true, role: chosen };
  const containing = name.length > 1 ? keys.filter((key) => key.includes(name.toLowerCase())) : [];
  const near = closest(name, keys);
  const suggestions = [...new Set([...(near ? [near] : []), ...containing])].slice(0, SUGGESTIONS);
  return refused({ code: 'role_unknown', role: name, suggestions });
}
