import { createHash } from 'node:crypto';
import type { RoleKey } from '../ids.ts';

/** Slack: "Option object", value: 150 characters. Two names of 80 are longer. */
const SHORT_ENOUGH = 150;

/** The role's key, or a name of 65 characters that stands for one that is too long for a menu. No key begins with `~`. */
export const shortKey = (key: RoleKey | string): string =>
  key.length <= SHORT_ENOUGH ? key : `~${createHash('sha256').update(key).digest('hex')}`;
