import type { Location } from './location.ts';

export type Severity = 'error' | 'warning' | 'note';

/** One thing to say about a policy file, with where and what to do. Lines and columns count from 1. */
export interface Finding extends Location {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** What is wrong, and what was expected, in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;
}

/** What loading and checking can find. A policy with an error is not used. */
export type FindingCode =
  | 'nothing_to_load'
  | 'file_too_large'
  | 'yaml_syntax'
  | 'yaml_feature'
  | 'yaml_too_deep'
  | 'duplicate_key'
  | 'unknown_key'
  | 'missing_key'
  | 'wrong_value'
  | 'defined_twice'
  | 'unknown_group'
  | 'unknown_connector'
  | 'unknown_connector_type'
  | 'unknown_resource'
  | 'unknown_environment'
  | 'unknown_role'
  | 'unknown_provider'
  | 'literal_secret'
  | 'condition_syntax'
  | 'condition_type'
  | 'condition_unknown_name'
  | 'condition_not_allowed'
  | 'condition_too_costly'
  | 'bad_pattern'
  | 'bad_example'
  | 'reason_grants'
  | 'requester_text_grants'
  | 'requester_text_as_subject'
  | 'template_problem'
  | 'limit_exceeded'
  | 'no_channel'
  | 'no_owners'
  | 'stage_times'
  | 'fallback_asked_anyway'
  | 'no_manager_source'
  | 'default_above_max'
  | 'use_not_observed'
  | 'never_holds'
  | 'unreachable_rule'
  | 'nobody_may_ask'
  | 'stage_cannot_be_filled'
  | 'approves_everybody'
  | 'self_approval'
  | 'nobody_reviews'
  | 'no_security_channel'
  | 'unused_name'
  | 'not_found_in_slack'
  | 'empty_group'
  | 'target_problem'
  | 'variable_not_set';

export function finding(severity: Severity, code: FindingCode, at: Location, message: string, fix: string): Finding {
  return { code, severity, path: at.path, line: at.line, column: at.column, message, fix };
}

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((each) => each.severity === 'error');

/** In the order in which a reader meets them. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** `path:line:column: severity code: message Fix: fix`, one line. */
export const findingText = (each: Finding): string =>
  `${each.path}:${each.line}:${each.column}: ${each.severity} ${each.code}: ${each.message} Fix: ${each.fix}`;
