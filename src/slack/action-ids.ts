/** The names under which Slack sends back what people press, search and submit. They stay in posted messages for ever. */
export const ACTION = {
  approve: 'request_approve',
  edit: 'request_edit',
  deny: 'request_deny',
  cancel: 'request_cancel',
  done: 'grant_return',
  start: 'grant_start',
  keep: 'grant_keep',
  extend: 'grant_extend',
  extendForm: 'open_extend_form',
  retry: 'grant_retry',
  resolve: 'open_resolve_form',
  retryAll: 'target_retry',
  resolveAll: 'open_resolve_all_form',
  proof: 'open_proof',
  driftAccept: 'open_drift_accept',
  driftIgnore: 'open_drift_ignore',
  driftRevoke: 'drift_revoke',
  role: 'role',
  review: 'open_review_form',
  nudge: 'request_nudge',
  again: 'open_request_form_again',
  ask: 'open_request_form',
  pageBack: 'home_page_back',
  pageOn: 'home_page_on',
  revokeDisallowed: 'policy_revoke_disallowed',
} as const;

export const CALLBACK = {
  /** The message shortcut of the manifest. */
  about: 'ask_about_message',
  ask: 'request_form',
  deny: 'deny_form',
  edit: 'edit_form',
  revoke: 'revoke_form',
  extend: 'extend_form',
  resolve: 'resolve_form',
  resolveAll: 'resolve_all_form',
  driftAccept: 'drift_accept_form',
  driftIgnore: 'drift_ignore_form',
  review: 'review_form',
  notice: 'notice',
} as const;

/** Block ids, and the action ids of the fields in them. */
export const FIELD = {
  role: 'role',
  duration: 'duration',
  start: 'start',
  ticket: 'ticket',
  reason: 'reason',
  owner: 'owner',
  date: 'date',
  verdict: 'verdict',
  narrower: 'narrower',
} as const;
