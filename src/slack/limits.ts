/** Slack's documentation, the reference of each block and element, unless a line says otherwise. */
export const HEADER_MAX = 150;
export const SECTION_TEXT_MAX = 3_000;
export const FIELD_MAX = 2_000;
export const OPTION_TEXT_MAX = 75;
export const OPTION_GROUPS_MAX = 100;
export const OPTIONS_MAX = 100;
export const CONFIRM_TEXT_MAX = 300;
export const INPUT_MAX = 3_000;
export const HINT_MAX = 2_000;

/** Documented nowhere: past about 13,200 characters in its blocks Slack refuses a message with `msg_blocks_too_long`. */
export const MESSAGE_TOTAL_MAX = 13_000;

/** Ours: what a phone's notification can show of a message, and more. */
export const FALLBACK_TEXT_MAX = 500;
/** Ours: how many approvers a card mentions by name. A longer list notifies half the company, and then nobody feels meant. */
export const MENTIONS_MAX = 8;
/** Ours: rows of each list in `/elevate status` and on the App Home. Each costs a block or two of Slack's 50. */
export const STATUS_ROWS_MAX = 8;
/** Ours: rows of a drift card. Each takes three of Slack's 50 blocks. */
export const DRIFT_ROWS_MAX = 10;
/** Ours: characters of an error of a target that are shown to people. */
export const ERROR_SHOWN_MAX = 300;
/** Ours: characters of a name in the record, escaped; the address beside it is whole. */
export const RECORD_NAME_MAX = 120;
/** Ours: characters of the reason in a line of the record; the whole of it stands on the card above. */
export const RECORD_REASON_MAX = 1_500;
/** Ours: characters of the stages on a card, all together, so that the whole stays under 13,200. */
export const STAGES_TEXT_MAX = 2_000;

/** A trigger_id lives 3 s (Slack: "Modals"); what may be looked up before the form opens gets half of that. */
export const LOOK_FIRST_MS = 1_500;
/** An interaction must be acknowledged within 3 s (Slack: "Handling user interaction"). */
export const ANSWER_WITHIN_MS = 2_000;
/** One call for somebody who is waiting. */
export const INTERACTIVE_TIMEOUT_MS = 5_000;
/** One call that nobody is waiting for. */
export const BACKGROUND_TIMEOUT_MS = 15_000;
/** A request may be this old, and this far ahead of our clock ("Verifying requests from Slack" names the first only). */
export const SIGNATURE_AHEAD_MAX_SECONDS = 60;
/** How long people and user groups are remembered: the longest that somebody who lost a group can still count as in it. */
export const PEOPLE_CACHE_MS = 60_000;
/** Channel names change rarely, and a stale one shows by an error. */
export const CHANNEL_CACHE_MS = 600_000;
/** How long a delivery that comes twice is recognised in memory; Slack's retries come within minutes. */
export const ONCE_MS = 300_000;
export const ONCE_ENTRIES_MAX = 10_000;
/** How long a stopping process waits for the handlers that still run. */
export const DRAIN_MS = 10_000;
/** Ours: the work behind an acknowledgement begins when nothing else has come in for so long. */
export const TURN_QUIET_MS = 5;
/** Ours: it waits no longer than this for others, of the 3 s that a trigger_id lives. */
export const TURN_AFTER_MS = 100;
/** Ours: Homes that one process keeps up to date. Slack: "views.publish" is tier 4, 100 and more a minute. */
export const HOMES_MAX = 500;
/** Ours: how often a Home that could not be drawn is tried before the next change. */
export const HOME_TRIES = 4;
/** Ours: characters of a reason in a list. The whole of it stands on the card. */
export const REASON_SHOWN_MAX = 300;
