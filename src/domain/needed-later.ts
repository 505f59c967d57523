import { placed, type StageProgress, type StageVoters } from './approval.ts';
import type { SlackUserId } from './ids.ts';
import { feasibleStages } from './policy/feasible.ts';

/**
 * The stage that could no longer be filled if these people had their one place in the stage that is asked now (POLICY.md 5 and 10), as
 * an index; null: all could, or not even without them. Whoever decides for somebody fills the place of both.
 */
export function neededLater(
  counted: readonly StageProgress[],
  voters: readonly (StageVoters | null)[],
  requester: SlackUserId,
  now: number,
  people: readonly SlackUserId[],
): number | null {
  // Behind the last stage nobody is needed.
  if (now === counted.length - 1) return null;
  const taken = placed(counted);
  const left = (without: ReadonlySet<SlackUserId>, filled: number) =>
    feasibleStages(
      counted.map(({ stage, counted: had }, index) => ({
        approvals: Math.max(0, stage.approvals - had.length - (index === now ? filled : 0)),
        selfAllowed: stage.selfAllowed,
      })),
      voters.map((each) => new Set([...(each?.voters.keys() ?? [])].filter((user) => !without.has(user)))),
      requester,
    );
  if (!left(taken, 0).ok) return null;
  const then = left(new Set([...taken, ...people]), 1);
  return then.ok ? null : then.stage;
}
