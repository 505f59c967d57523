import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, refuse } from '../desk.ts';
import type { Reach } from '../screen.ts';
import type { Command } from './parse.ts';

interface Typed {
  readonly actor: Actor;
  readonly reach: Reach;
}

/** `/elevate away [until friday] [to @somebody]`; with nothing behind it, how things stand. */
export async function away(
  desk: Desk,
  { actor, reach }: Typed,
  { until, to }: Extract<Command, { kind: 'away' }>,
): Promise<void> {
  const words = desk.text.away;
  if (until === null) {
    const facts = await desk.usecases().awayOf(actor);
    const lines = [words.own(facts.own), ...facts.handedToMe.map(words.handed)];
    return desk.screen.tell(reach, plainMessage([...lines, words.how].join('\n')));
  }
  const set = await desk.usecases().setAway({ ...actor, until, to });
  if (!set.ok) return refuse(desk, reach, actor, set.refusal);
  await desk.screen.tell(reach, plainMessage(words.set(set.delegation)));
}

/** `/elevate back`. */
export async function back(desk: Desk, { actor, reach }: Typed): Promise<void> {
  const ended = await desk.usecases().endAway(actor);
  if (!ended.ok) return refuse(desk, reach, actor, ended.refusal);
  await desk.screen.tell(reach, plainMessage(desk.text.away.back(ended.delegation)));
}
