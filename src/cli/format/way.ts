import { formatDuration } from '../../domain/policy/duration.ts';
import type { WayIn } from '../../domain/policy/explain.ts';

const GROUP = /^requester\.groups\["(.*)"\]$/s;

/** One way to be allowed, as a sentence for a terminal. */
export function wayText({ changes, outcome, rule }: WayIn): string {
  const parts = changes.map(({ path, to }) => {
    const group = GROUP.exec(path)?.[1];
    if (group !== undefined) return to === true ? `for a member of ${group}` : `for somebody who is not in ${group}`;
    if (path === 'request.duration' && typeof to === 'number') return `for ${formatDuration(to)}`;
    if (path === 'time.business_hours') return to === true ? 'within business hours' : 'outside business hours';
    return `with ${path} = ${to}`;
  });
  return `${parts.join(', ')}: ${outcome === 'approve' ? 'approved' : 'people are asked'}, by ${rule}`;
}
