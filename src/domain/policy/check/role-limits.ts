import type { Role } from '../types.ts';
import type { Limits } from './solve.ts';

/** The shortest access that can be asked for. */
const MIN_DURATION_SECONDS = 1;

/** What facts can be when this role is asked for. */
export const limitsOf = (role: Role): Limits => ({
  values: new Map([
    ['role.key', [role.key]],
    ['role.name', [role.name]],
    ['role.risk', [role.risk]],
    ['resource.name', [role.resource.name]],
    ['resource.environment', [role.resource.environment]],
    ['request.extension', role.extensions.max > 0 ? [true, false] : [false]],
    ['request.break_glass', role.breakGlass ? [true, false] : [false]],
  ]),
  ranges: new Map([['request.duration', { from: MIN_DURATION_SECONDS, to: role.duration.maxSeconds }]]),
});
