/** One rule of Slack's, or of ours, that a message or view breaks. */
export interface Violation {
  /** JSON pointer to the offending place: `/blocks/3/text/text`. */
  readonly path: string;
  /** Short and stable: `section.text.length`. */
  readonly rule: string;
  /** What is wrong and what would be right, in one sentence. */
  readonly message: string;
  /**
   * The error that Slack answers with; undefined for what Slack would take without a word but we don't (a message without
   * top-level text, a mention of everybody).
   */
  readonly slackError: string | undefined;
}
