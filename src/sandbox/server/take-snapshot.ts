import { object, text } from '../workspace/json.ts';
import type { Message } from '../workspace/messages.ts';
import type { ShownView } from '../workspace/views.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Order } from './order.ts';
import type { PersonaBadge, RuleRef, ShownConversation, ShownMessage, ShownModal } from './snapshot.ts';
import type { Reading } from './unread.ts';

/** The conversation with the app, whether or not somebody has written there yet. */
export const DM = 'dm';
/** A screen holds the last messages of a conversation; a demo that runs for days stays quick. */
const shownMessages = 200;

export interface Place {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
}

/** The channels each person is in. Nobody joins or leaves while the sandbox runs. */
export async function memberships(workspace: Workspace): Promise<ReadonlyMap<string, readonly Place[]>> {
  const channels = workspace.channels().filter((channel) => channel.userId === undefined);
  const found = new Map<string, Place[]>();
  for (const person of workspace.people()) {
    const places: Place[] = [];
    for (const channel of channels) {
      if (await workspace.isMember(channel.id, person.id)) places.push(channel);
    }
    found.set(person.key, places);
  }
  return found;
}

export interface ScreenParts {
  readonly workspace: Workspace;
  readonly appName: string;
  readonly order: Order;
  readonly reading: Reading;
  readonly memberships: ReadonlyMap<string, readonly Place[]>;
  readonly ruleOf: (message: Message) => RuleRef | null;
}

/** What one person sees of the workspace. */
export function createScreen({ workspace, appName, order, reading, memberships: places, ruleOf }: ScreenParts) {
  const isBots = (message: Message): boolean => message.user === workspace.install.botUserId;

  const inOrder = (a: Message, b: Message): number => order.placeOf(a) - order.placeOf(b);

  function show(message: Message, replies: readonly ShownMessage[] = []): ShownMessage {
    return {
      channel: message.channel,
      ts: message.ts,
      user: message.user,
      username: message.username ?? null,
      text: message.text,
      blocks: message.blocks,
      onlyForMe: message.onlyFor !== undefined,
      edited: message.earlier.length > 0,
      replies,
      rule: isBots(message) ? ruleOf(message) : null,
    };
  }

  /** What somebody sees in a place, and what of it is new to them. */
  function look(key: string, place: Place | typeof DM) {
    const { id: personId } = workspace.user(key);
    const shared = place === DM ? workspace.dms(key) : workspace.messages(place.id);
    const channelId = place === DM ? workspace.channels().find(({ userId }) => userId === personId)?.id : place.id;
    const own = workspace.ephemerals(key).filter((message) => message.channel === channelId);
    const id = place === DM ? DM : place.id;
    const isNew = (message: Message): boolean =>
      message.user !== personId && reading.isNew(personId, id, order.placeOf(message));
    const fresh = [...shared, ...own].filter(isNew);
    const mentions = place === DM ? fresh.length : fresh.filter((message) => isFor(key, message)).length;
    return { id, shared, own, unread: fresh.length > 0, mentions };
  }

  function conversation(key: string, place: Place | typeof DM): ShownConversation {
    const { id, shared, own, unread, mentions } = look(key, place);
    const all = [...shared, ...own.filter((message) => message.threadTs === undefined)].sort(inOrder);
    const replies = (message: Message): ShownMessage[] =>
      [...workspace.thread(message), ...own.filter((each) => each.threadTs === message.ts)]
        .sort(inOrder)
        .map((reply) => show(reply));
    return {
      id,
      name: place === DM ? appName : place.name,
      kind: place === DM ? 'direct' : place.isPrivate ? 'private' : 'channel',
      isArchived: place === DM ? false : place.isArchived,
      unread,
      mentions,
      latest: [...shared, ...own].reduce((last, message) => Math.max(last, order.placeOf(message)), 0),
      messages: all
        .slice(-shownMessages)
        .map((message) => show(message, message.onlyFor === undefined ? replies(message) : [])),
    };
  }

  /** Whether a message would notify the person: it is for them alone, or it mentions them or a group of theirs. */
  function isFor(key: string, message: Message): boolean {
    const { id } = workspace.user(key);
    if (message.onlyFor === id) return true;
    const words = JSON.stringify(message.blocks) + message.text;
    const groups = workspace.groups().filter((group) => group.userIds.includes(id));
    return words.includes(`<@${id}>`) || groups.some((group) => words.includes(`<!subteam^${group.id}`));
  }

  const placesOf = (key: string): readonly (Place | typeof DM)[] => [...(places.get(key) ?? []), DM];

  return {
    conversations: (key: string): ShownConversation[] => placesOf(key).map((place) => conversation(key, place)),
    badge(key: string): PersonaBadge {
      const { person } = workspace.user(key);
      const all = placesOf(key).map((place) => look(key, place));
      return {
        key,
        name: person.realName,
        title: person.title ?? '',
        unread: all.some((each) => each.unread),
        mentions: all.reduce((sum, each) => sum + each.mentions, 0),
      };
    },
    modal: (key: string): ShownModal[] => workspace.modalStack(key).map(showView),
    home(key: string): ShownModal | null {
      const home = workspace.home(key);
      return home === undefined ? null : showView(home);
    },
  };
}

function showView(shown: ShownView): ShownModal {
  return {
    id: shown.id,
    hash: shown.hash,
    title: text(object(shown.view.title).text),
    submit: text(object(shown.view.submit).text),
    close: text(object(shown.view.close).text),
    blocks: shown.blocks,
    values: shown.values,
    errors: shown.errors,
  };
}
