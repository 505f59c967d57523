import { interactive } from '../workspace/elements.ts';
import { text } from '../workspace/json.ts';
import type { Message } from '../workspace/messages.ts';
import type { ShownRun, TipPlace } from './snapshot.ts';

/** One step of the guide. It ticks itself off as soon as `done` has once said yes. */
export interface Tip {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly go?: TipPlace;
  readonly done: (seen: Seen) => boolean;
}

/** Something a person did on the page. */
export interface Deed {
  readonly kind: 'command' | 'click' | 'submit' | 'say';
  /** Key of the person. */
  readonly as: string;
  /** The place of the last message that had arrived before. */
  readonly after: number;
  /** What was typed, or the action id. */
  readonly what: string;
  /** The message that was clicked on. */
  readonly on?: { readonly channel: string; readonly ts: string };
}

/** What really happened, for `done` to look at. */
export interface Seen {
  readonly deeds: readonly Deed[];
  readonly runs: readonly ShownRun[];
  /** Which message came later: a greater number. */
  placeOf(message: Message): number;
  /** What the bot has posted in channels, oldest first. */
  readonly posts: readonly Message[];
  /** What the bot has written to this person alone, in channels and directly. */
  privately(key: string): readonly Message[];
}

const isApproval = (actionId: string): boolean => /(^|_)approve$/.test(actionId);

/** Whether the message still asks for a decision. */
const waits = (message: Message): boolean =>
  interactive(message.blocks).some(({ element }) => isApproval(text(element.action_id)));

/** Whether the message asks for a decision, or did once. */
const isCard = (message: Message): boolean =>
  waits(message) ||
  message.earlier.some(({ blocks }) => interactive(blocks).some((p) => isApproval(text(p.element.action_id))));

const isAsk = (deed: Deed): boolean => deed.kind === 'command' || deed.kind === 'submit';

/** Who asked last before this card came up. */
function askedBy(card: Message, seen: Seen): string | undefined {
  return seen.deeds.filter(isAsk).findLast((deed) => deed.after < seen.placeOf(card))?.as;
}

function clickedApprovals(seen: Seen): { deed: Deed; card: Message }[] {
  return seen.deeds.flatMap((deed) => {
    if (deed.kind !== 'click' || !isApproval(deed.what)) return [];
    const card = seen.posts.find((post) => post.channel === deed.on?.channel && post.ts === deed.on.ts);
    return card === undefined ? [] : [{ deed, card }];
  });
}

export interface Story {
  /** Keys of the workspace's people. */
  readonly requester: string;
  readonly approver: string;
  /** How people call them. */
  readonly requesterName: string;
  readonly approverName: string;
  /** The channel where the requester types, and the one where cards come up. */
  readonly askIn: string;
  readonly cardsIn: string;
  /** The whole command that the composer is filled with. */
  readonly line: string;
  /** What the approver asks for, to try and approve it alone. */
  readonly ownLine: string;
  /** How long the access lasts, in words: '2 minutes'. */
  readonly lasts: string;
}

/** Ask, approve as another, use it, watch it end, try to approve your own. */
export function storyTips(story: Story): Tip[] {
  return [
    {
      key: 'ask',
      title: 'Ask',
      text: `You are ${story.requesterName}, and the query in the terminal is denied. Ask for access: type /elevate for the form, or send the line that this button fills in.`,
      go: { label: 'Fill it in', persona: story.requester, place: story.askIn, compose: story.line },
      done: (seen) => seen.posts.some(isCard),
    },
    {
      key: 'approve',
      title: 'Approve as another',
      text: `A card came up in #${story.cardsIn}. ${story.approverName} may decide: become ${story.approverName} and press Approve.`,
      go: { label: `Be ${story.approverName}`, persona: story.approver, place: story.cardsIn },
      done: (seen) => clickedApprovals(seen).some(({ card }) => !waits(card)),
    },
    {
      key: 'use',
      title: 'Use it',
      text: 'The access is real: run the query in the terminal, and the rows are there.',
      go: { label: 'Run the query', persona: story.requester, place: 'dm', terminal: true },
      done: (seen) => seen.runs.some((run) => run.ok),
    },
    {
      key: 'end',
      title: 'Watch it end',
      text: `After ${story.lasts} it is taken away by itself. Leave the terminal repeating, or press “I’m done” in the message to ${story.requesterName}.`,
      go: { label: 'Keep the query running', persona: story.requester, place: 'dm', terminal: true },
      done: (seen) => {
        const first = seen.runs.findIndex((run) => run.ok);
        return first >= 0 && seen.runs.slice(first).some((run) => !run.ok);
      },
    },
    {
      key: 'own',
      title: 'Try to approve your own',
      text: `${story.approverName} may approve others. Ask as ${story.approverName}, then press Approve on that card.`,
      go: {
        label: `Ask as ${story.approverName}`,
        persona: story.approver,
        place: story.cardsIn,
        compose: story.ownLine,
      },
      done: (seen) =>
        clickedApprovals(seen).some(
          ({ deed, card }) =>
            waits(card) &&
            askedBy(card, seen) === deed.as &&
            seen.privately(deed.as).some((message) => seen.placeOf(message) > deed.after),
        ),
    },
  ];
}
