import type { SlackUserId } from './ids.ts';
import type { PersonRef } from './person.ts';
import type { Stage } from './policy/types.ts';

export interface Decision {
  readonly kind: 'approved' | 'denied';
  readonly by: PersonRef;
  readonly at: Date;
  /** Which revision of the request was on the screen. */
  readonly revision: number;
  /** Index into the request's stages; null for a denial. */
  readonly stage: number | null;
  /** The group, or 'manager' or 'owners', through which this person may decide. */
  readonly via: string;
  /** Given with a denial. */
  readonly reason: string | null;
}

/** Who may decide in one stage right now, looked up at the moment of the question; never stored. */
export interface StageVoters {
  /** Slack user -> the group through which they may decide. */
  readonly voters: ReadonlyMap<SlackUserId, string>;
  /** Groups whose members could not be looked up, each with why. They count as empty, and refusals say so. */
  readonly unavailable: readonly string[];
}

export interface StageProgress {
  readonly stage: Stage;
  /** Approvals that count: given for this stage, by people who may still decide in it. */
  readonly counted: readonly Decision[];
  readonly complete: boolean;
}

/**
 * Counts approvals stage by stage. A person counts once in a request, in the first stage where their approval stands; an
 * approval by somebody who may no longer decide does not count. Pass `null` as voters to count what was recorded, for views.
 */
export function progress(
  stages: readonly Stage[],
  decisions: readonly Decision[],
  voters: readonly StageVoters[] | null,
): StageProgress[] {
  const used = new Set<SlackUserId>();
  return stages.map((stage, index) => {
    const counted: Decision[] = [];
    for (const decision of decisions) {
      if (decision.kind !== 'approved' || decision.stage !== index) continue;
      if (used.has(decision.by.slackUserId)) continue;
      if (voters && !voters[index]?.voters.has(decision.by.slackUserId)) continue;
      used.add(decision.by.slackUserId);
      counted.push(decision);
    }
    return { stage, counted, complete: counted.length >= stage.approvals };
  });
}

/** The index of the first stage that still waits; null when every stage is complete. */
export function currentStage(all: readonly StageProgress[]): number | null {
  const index = all.findIndex((stage) => !stage.complete);
  return index === -1 ? null : index;
}
