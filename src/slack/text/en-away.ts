import type { Delegation } from '../../domain/delegation.ts';
import { mention, when } from '../blocks.ts';

const meanwhile = ({ to }: Delegation): string =>
  to === null ? 'Requests do not mention you until then' : `${mention(to.slackUserId)} may decide in your place`;

/** About people who are away; mrkdwn. */
export const away = {
  set: (delegation: Delegation): string =>
    `You are away until ${when(delegation.until)}. ${meanwhile(delegation)}; you still may decide yourself. \`/elevate back\` ends it earlier.`,
  back: (delegation: Delegation): string =>
    delegation.to === null
      ? 'Welcome back. Requests mention you again.'
      : `Welcome back. ${mention(delegation.to.slackUserId)} no longer decides in your place.`,
  own: (delegation: Delegation | null): string =>
    delegation === null
      ? 'You are not away.'
      : `You are away until ${when(delegation.until)}. ${meanwhile(delegation)}.`,
  handed: ({ person, until }: Delegation): string =>
    `You may decide for ${mention(person.slackUserId)} until ${when(until)}.`,
  how: 'Write `/elevate away until friday to @somebody` to hand over your approvals, or without a name to be left alone; `/elevate back` ends it.',
  /** To the delegate. */
  told: ({ person, until }: Delegation): string =>
    `${mention(person.slackUserId)} is away until ${when(until)} and asks you to decide on access requests in their place. The cards mention you, and your name and theirs are kept with each decision. \`/elevate pending\` shows what waits now.`,
};
