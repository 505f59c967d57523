import type { Violation } from '../blockkit/violation.ts';
import type { Changes } from './changes.ts';
import type { Conversations } from './conversations.ts';
import type { DeliverOptions, Delivery, PayloadKind } from './delivery.ts';
import type { SlackEmulator } from './emulator.ts';
import type { Json } from './json.ts';
import type { Messages } from './messages.ts';
import type { Installation } from './payloads.ts';
import type { People, UserGroups } from './people.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { Triggers } from './triggers.ts';
import type { Views } from './views.ts';

/** What a persona needs of the workspace. */
export interface Core {
  readonly install: Installation;
  readonly emulator: SlackEmulator;
  readonly people: People;
  readonly groups: UserGroups;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly views: Views;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly changes: Changes;
  /** Options that a search has returned, by view or message and action id. */
  readonly offered: Map<string, Json[]>;
  /** Sends a payload to the bot: through its socket if it has one, else signed over HTTP. */
  send(kind: PayloadKind, payload: Json, options: DeliverOptions): Promise<Delivery>;
  /** Looks at what the bot sends, keeps what is wrong with it, and returns it. */
  inspect(what: string, body: Json): readonly Violation[];
}
