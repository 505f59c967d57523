/** What a policy may cost to read. Each is far above what a real policy needs, and low enough that a hostile one is refused. */

/** Characters of one file: about 25,000 rules. */
export const MAX_FILE_CHARACTERS = 4_000_000;
export const MAX_FILES = 500;
/** Nested mappings and lists. The language itself needs 8. */
export const MAX_YAML_DEPTH = 24;
export const MAX_ROLES = 20_000;
export const MAX_RULES_PER_ROLE = 100;
export const MAX_GUARDRAILS = 200;
export const MAX_DUTY_SETS = 1_000;
export const MAX_STAGES = 5;
/** Approvals of one stage: a card has to name them. */
export const MAX_APPROVALS = 10;
export const MAX_NAME_LENGTH = 80;
export const MAX_TEXT_LENGTH = 2_000;
export const MAX_LABELS = 30;
/** Findings that are told of one load; the rest is counted in the last one. */
export const MAX_FINDINGS = 200;

/** Characters of one condition. */
export const MAX_CONDITION_LENGTH = 2_000;
export const MAX_CONDITION_NODES = 400;
/** Nesting of a condition's parts. */
export const MAX_CONDITION_DEPTH = 24;
/** Steps that a condition may take at worst, by the sizes below; one step is well under a microsecond. */
export const MAX_CONDITION_COST = 500_000;
/** Characters or elements that a value inside a condition may reach at worst. */
export const MAX_VALUE_SIZE = 100_000;

/** A reason is typed into a Slack plain_text_input, which holds 3,000 characters (Slack: "Plain-text input element"). */
export const MAX_REASON_LENGTH = 3_000;
export const MAX_TICKET_LENGTH = 200;
/** RFC 5321: 64 characters, an @, 255 characters. */
export const MAX_EMAIL_LENGTH = 320;
/** Roles of one person that a condition looks through. */
export const MAX_ACTIVE_ROLES = 500;
/** A string fact of a provider; longer ones are unavailable. */
export const MAX_PROVIDED_LENGTH = 1_000;
export const MAX_SUBJECT_LENGTH = 320;
