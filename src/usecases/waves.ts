import { type EffectChange, schedule } from '../domain/effect.ts';
import { groupBy } from '../domain/group-by.ts';
import type { RequestId, WorkspaceId } from '../domain/ids.ts';
import { ONE_ALARM_FROM } from './alert-target.ts';
import type { Tx, Wave } from './ports.ts';

/** From so many grants in one wave on, one message tells of all their ends, and their own messages follow at Slack's pace. */
export const DIGEST_FROM = 10;
/**
 * A card is one edit and two thread lines. Slack takes about one message a second per channel, and 50 edits a minute of a workspace (Slack
 * documentation, "Rate Limits"): this leaves room for the cards of those who ask meanwhile.
 */
const CARD_EVERY_MS = 3_000;
/** Messages to people go to as many channels; Slack takes some hundred a minute of a workspace. */
const NOTICE_EVERY_MS = 400;
/** The message about all of them is brought up to date this often while the wave lasts. */
const ANNOUNCE_EVERY_MS = 5_000;

/** The one alarm about many failures is looked at this often while they come. */
const ALARM_EVERY_MS = 2_000;

/** The topic of the ends that one channel is told. */
export const endsIn = (channel: string): string => `ends/${channel}`;
/** The topic of revocations that failed. */
const FAILURES = 'failures';

/** What became of one grant. */
export interface Step {
  readonly requestId: RequestId;
  readonly effects: readonly EffectChange[];
}

/** The effects of many ends, with what people see of them put at the pace of their wave. */
export async function paceEnds(
  tx: Tx,
  workspaceId: WorkspaceId,
  ends: readonly Step[],
): Promise<readonly EffectChange[]> {
  const channels = await tx.channelsOf(ends.map((end) => end.requestId));
  const effects: EffectChange[] = [];
  // One order for everybody, so that two batches do not wait for each other.
  const byChannel = [...groupBy(ends, (end) => channels.get(end.requestId) ?? '')].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [channel, mine] of byChannel) {
    const wave = await tx.addToWave(endsIn(channel), mine.length);
    effects.push(...inWave(wave, mine, tx.now));
    if (wave.grants < DIGEST_FROM) continue;
    const next = Math.ceil((tx.now.getTime() + 1) / ANNOUNCE_EVERY_MS) * ANNOUNCE_EVERY_MS;
    effects.push(schedule({ kind: 'announce_ends', workspaceId, channel }, new Date(next)));
  }
  return effects;
}

/** The same for revocations that failed on one target. Where they are many, one alarm tells of all of them. */
export async function paceFailures(
  tx: Tx,
  workspaceId: WorkspaceId,
  target: string,
  failures: readonly Step[],
): Promise<readonly EffectChange[]> {
  const news = failures.filter((failure) => failure.effects.length > 1);
  const rest = failures.filter((failure) => !news.includes(failure)).flatMap(({ effects }) => effects);
  if (news.length === 0) return rest;
  const effects = inWave(await tx.addToWave(FAILURES, news.length), news, tx.now);
  const alarms = effects.filter(({ effect }) => effect.kind === 'alert_revocation');
  if (alarms.length < ONE_ALARM_FROM) return [...rest, ...effects];
  const one = schedule({ kind: 'alert_target', workspaceId, target }, soon(tx.now));
  return [...rest, ...effects.filter((change) => !alarms.includes(change)), one];
}

/** So that the batches of a wave ask for it once. */
const soon = (now: Date): Date => new Date(Math.ceil((now.getTime() + 1) / ALARM_EVERY_MS) * ALARM_EVERY_MS);

/**
 * What follows from the start of an end that is in hand. Its revocation is due already and stays with whoever has it, and its card is
 * drawn when it is known what came of it: ten thousand of each would be scheduled only to be scheduled again.
 */
export const inHand = (effects: readonly EffectChange[]): readonly EffectChange[] =>
  effects.filter(({ effect }) => effect.kind !== 'render_card' && effect.kind !== 'revoke_grant');

/** The steps are the latest of the wave. */
export function inWave(wave: Wave, steps: readonly Step[], now: Date): readonly EffectChange[] {
  const first = wave.grants - steps.length;
  return steps.flatMap(({ effects }, index) => {
    const behind = Math.max(0, first + index - DIGEST_FROM + 1);
    const slot = (everyMs: number): Date =>
      new Date(Math.max(now.getTime(), wave.startedAt.getTime() + behind * everyMs));
    return effects.map((change) => {
      switch (change.effect.kind) {
        case 'render_card':
        case 'alert_revocation':
          return at(change, slot(CARD_EVERY_MS));
        case 'notify_person':
          return at(change, slot(NOTICE_EVERY_MS));
        default:
          return change;
      }
    });
  });
}

const at = (change: EffectChange, dueAt: Date): EffectChange =>
  change.change === 'schedule' ? { ...change, dueAt } : change;
