import type { Json } from '../workspace/json.ts';

/** Everything that one person's screen shows, as the page receives it. Times are epoch milliseconds, ids are Slack's. */
export interface Snapshot {
  /** Key of the person whose screen this is. */
  readonly as: string;
  readonly appName: string;
  readonly botUserId: string;
  readonly personas: readonly PersonaBadge[];
  readonly people: readonly ShownPerson[];
  readonly groups: readonly { readonly id: string; readonly handle: string; readonly name: string }[];
  readonly conversations: readonly ShownConversation[];
  /** The views of the open modal, lowest first; empty when none is open. */
  readonly modal: readonly ShownModal[];
  readonly home: ShownModal | null;
  readonly terminal: ShownTerminal | null;
  readonly guide: readonly ShownTip[];
  readonly refusals: readonly ShownRefusal[];
  /** Commands that the composer completes. */
  readonly commands: readonly CommandHint[];
  /** What a message's menu offers, of the app's shortcuts. */
  readonly shortcuts: readonly MessageShortcut[];
  readonly world: ShownWorld | null;
  readonly hasPolicy: boolean;
}

/** A message shortcut of the app's manifest. */
export interface MessageShortcut {
  readonly name: string;
  readonly callbackId: string;
}

/** Time, and what can go wrong. */
export interface ShownWorld {
  /** Since when the clock has been ahead of the machine's by how much, oldest first; empty: it never was. */
  readonly moves: readonly { readonly fromMs: number; readonly aheadMs: number }[];
  readonly levers: readonly ShownLever[];
}

export interface ShownLever {
  readonly key: string;
  readonly about: string;
  readonly isOn: boolean;
  readonly verb: string;
}

export interface PersonaBadge {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  /** Something new in a channel of theirs. */
  readonly unread: boolean;
  /** New messages that are for them: direct ones, mentions of them or of their groups, and what only they can see. */
  readonly mentions: number;
}

export interface ShownPerson {
  readonly id: string;
  readonly key: string;
  readonly name: string;
}

export interface ShownConversation {
  /** A channel's Slack id, or 'dm' for the conversation with the app. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'channel' | 'private' | 'direct';
  readonly isArchived: boolean;
  readonly unread: boolean;
  readonly mentions: number;
  /** The place of the last message, for saying that it was read. */
  readonly latest: number;
  /** Oldest first, what only this person sees among them. */
  readonly messages: readonly ShownMessage[];
}

export interface ShownMessage {
  readonly channel: string;
  readonly ts: string;
  readonly user: string;
  readonly username: string | null;
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly onlyForMe: boolean;
  readonly edited: boolean;
  readonly replies: readonly ShownMessage[];
  /** The rule of the policy that decided, if the message names one: the page links to it. */
  readonly rule: RuleRef | null;
}

export interface RuleRef {
  /** Key of the role: 'orders-db/admin'. */
  readonly role: string;
  readonly name: string;
}

export interface ShownModal {
  readonly id: string;
  readonly hash: string;
  readonly title: string;
  /** Empty when the view cannot be submitted. */
  readonly submit: string;
  readonly close: string;
  readonly blocks: readonly Json[];
  /** Slack's `state.values`. */
  readonly values: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** By block id. */
  readonly errors: Readonly<Record<string, string>>;
}

export interface ShownTerminal {
  readonly title: string;
  readonly statement: string;
  readonly who: string;
  /** Oldest first; equal answers in a row are one entry. */
  readonly runs: readonly ShownRun[];
}

export interface ShownRun {
  readonly number: number;
  readonly ok: boolean;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly times: number;
}

export interface ShownTip {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly done: boolean;
  readonly go: TipPlace | null;
}

/** Where a step of the guide puts somebody. */
export interface TipPlace {
  /** What the button says. */
  readonly label: string;
  readonly persona: string;
  /** A channel's name, 'dm' for the conversation with the app, or 'home' for its Home tab. */
  readonly place: string;
  /** What the composer is filled with. */
  readonly compose?: string;
  /** Shows the terminal and turns its repetition on. */
  readonly terminal?: boolean;
}

export interface ShownRefusal {
  readonly number: number;
  readonly method: string;
  /** The error that Slack answers with; null for what Slack takes without a word but the sandbox doesn't want. */
  readonly error: string | null;
  readonly message: string;
  readonly path: string;
}

export interface CommandHint {
  /** What is put into the composer. */
  readonly line: string;
  readonly about: string;
}
