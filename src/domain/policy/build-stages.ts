import type { z } from 'zod';
import { finding } from './finding.ts';
import type { Entry } from './gather.ts';
import type { Report } from './report.ts';
import type { stageSchema } from './schema.ts';
import type { StageRule, StageWait } from './types.ts';
import type { Path } from './yaml.ts';

interface Allowed {
  readonly hasOwners: boolean;
  readonly hasManagers: boolean;
  readonly mayDecideOwn: boolean;
  /** Whom every stage falls back to that does not say itself. */
  readonly fallback: readonly string[];
}
type Written = z.output<typeof stageSchema>;

export function buildStages(
  stages: readonly Written[],
  path: Path,
  place: Entry['place'],
  allowed: Allowed,
  report: Report,
): StageRule[] {
  return stages.map((stage, index) => {
    const here = [...path, index];
    checkPeople(stage.from, [...here, 'from'], place, allowed, report);
    checkPeople(stage.escalate_to ?? [], [...here, 'escalate_to'], place, allowed, report);
    checkPeople(stage.fallback ?? [], [...here, 'fallback'], place, allowed, report);
    checkFallback(stage, here, place, report);
    if (stage.self !== undefined && !allowed.mayDecideOwn) {
      const at = place.locateKey([...here, 'self']);
      const message = 'Nobody decides their own request in a stage that a guardrail adds.';
      report.add(finding('error', 'wrong_value', at, message, 'Remove self.'));
    }
    checkTimes(stage, here, place, report);
    return {
      approvals: stage.approvals,
      from: [...new Set(stage.from)],
      selfAllowed: stage.self === 'allowed' && allowed.mayDecideOwn,
      wait: waitOf(stage),
      fallback: fallbackOf(stage, allowed),
    };
  });
}

/** Whoever is asked anyway is nobody to fall back to. What comes from the role or the defaults need not fit every stage. */
const fallbackOf = (stage: Written, { fallback, hasOwners }: Allowed): string[] =>
  [...new Set(stage.fallback ?? fallback.filter((name) => name !== 'owners' || hasOwners))].filter(
    (name) => !stage.from.includes(name),
  );

function checkFallback(stage: Written, here: Path, place: Entry['place'], report: Report): void {
  const index = stage.fallback?.findIndex((name) => stage.from.includes(name)) ?? -1;
  if (index < 0) return;
  const message = `This stage asks ${stage.fallback?.[index]} anyway, so falling back to them changes nothing.`;
  report.add(
    finding(
      'warning',
      'fallback_asked_anyway',
      place.locate([...here, 'fallback', index]),
      message,
      'Name somebody else.',
    ),
  );
}

/** Groups, the manager or the owners, as a stage may name them. */
export function checkPeople(
  names: readonly string[],
  here: Path,
  place: Entry['place'],
  allowed: Omit<Allowed, 'fallback'>,
  report: Report,
): void {
  report.groups(
    names.map((group) => (group === 'manager' || group === 'owners' ? null : group)),
    place,
    here,
  );
  if (names.includes('owners') && !allowed.hasOwners) {
    const at = place.locate([...here, names.indexOf('owners')]);
    const message = 'This stage asks the owners, but neither the role nor its resource has any.';
    report.add(finding('error', 'no_owners', at, message, 'Set owners in the resource.'));
  }
  if (names.includes('manager') && !allowed.hasManagers) {
    const at = place.locate([...here, names.indexOf('manager')]);
    const message = "This stage asks the requester's manager, but the policy does not say where managers are read.";
    report.add(finding('warning', 'no_manager_source', at, message, 'Set managers.'));
  }
}

/** What would never come, because something else comes first. */
function checkTimes(stage: Written, here: Path, place: Entry['place'], report: Report): void {
  const say = (key: string, message: string, fix: string): void =>
    report.add(finding('error', 'stage_times', place.locateKey([...here, key]), message, fix));
  const { within, remind_after: remind, escalate_after: escalate, escalate_to: to } = stage;
  if (escalate !== undefined && to === undefined)
    say('escalate_after', 'This stage says when others are asked too, but not who.', 'Add escalate_to.');
  if (escalate !== undefined && within !== undefined && escalate >= within)
    say('escalate_after', 'Others would be asked when the stage is already over.', 'Make it shorter than within.');
  if (remind !== undefined && within !== undefined && remind >= within)
    say('remind_after', 'People would be reminded when the stage is already over.', 'Make it shorter than within.');
  if (remind !== undefined && escalate !== undefined && remind >= escalate)
    say(
      'remind_after',
      'People would be reminded after others were already asked.',
      'Make it shorter than escalate_after.',
    );
}

function waitOf({ within, remind_after, escalate_after, escalate_to }: Written): StageWait | null {
  if ([within, remind_after, escalate_after, escalate_to].every((each) => each === undefined)) return null;
  return {
    withinSeconds: within ?? null,
    remindAfterSeconds: remind_after ?? null,
    escalateAfterSeconds: escalate_after ?? null,
    escalateTo: [...new Set(escalate_to ?? [])],
  };
}
