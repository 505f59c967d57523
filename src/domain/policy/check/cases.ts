import type { Facts } from '../facts.ts';
import type { Value } from './formula.ts';

const GROUP = /^requester\.groups\["(.*)"\]$/s;

/** The same facts with one of them changed; null: it is none that somebody could change. `value` is as formulas compare it. */
export function withFact(facts: Facts, path: string, value: Value): Facts | null {
  const group = GROUP.exec(path)?.[1];
  if (group !== undefined && typeof value === 'boolean') {
    return { ...facts, requester: { ...facts.requester, groups: { ...facts.requester.groups, [group]: value } } };
  }
  if (path.startsWith('facts.')) {
    return { ...facts, provided: { ...facts.provided, [path.slice('facts.'.length)]: value } };
  }
  const { request, time, history } = facts;
  if (typeof value === 'number') {
    switch (path) {
      case 'request.duration':
        return { ...facts, request: { ...request, durationSeconds: value } };
      case 'time.hour':
        return { ...facts, time: { ...time, hour: value } };
      case 'history.active_grants':
        return 'unavailable' in history ? null : { ...facts, history: { ...history, activeGrants: value } };
      case 'history.grants_today':
        return 'unavailable' in history ? null : { ...facts, history: { ...history, grantsToday: value } };
      case 'history.minutes_since_last':
        return 'unavailable' in history ? null : { ...facts, history: { ...history, minutesSinceLast: value } };
      default:
        return null;
    }
  }
  if (path === 'time.business_hours' && typeof value === 'boolean') {
    return { ...facts, time: { ...time, businessHours: value } };
  }
  return null;
}
