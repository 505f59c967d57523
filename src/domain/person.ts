import type { SlackUserId, WorkspaceId } from './ids.ts';
import type { Known } from './policy/facts.ts';

/** A person as requests, decisions and audit events remember them: who they were at that moment. */
export interface PersonRef {
  readonly slackUserId: SlackUserId;
  readonly email: string;
  readonly name: string;
}

/** What Slack says somebody is. Only a member may request or approve. */
export type Standing = 'member' | 'guest' | 'bot' | 'stranger' | 'deactivated';

/** A person as the directory knows them now. */
export interface Person extends PersonRef {
  readonly workspaceId: WorkspaceId;
  readonly standing: Standing;
  /** IANA zone, from the Slack profile. */
  readonly timezone: string;
  /** The manager's Slack user, where a directory source knows one. */
  readonly managerId: SlackUserId | null;
  /** The manager's address for conditions, or why nobody can say; missing: the policy names no source of managers. */
  readonly manager?: Known<string | null>;
}

export const refOf = (person: PersonRef): PersonRef => ({
  slackUserId: person.slackUserId,
  email: person.email,
  name: person.name,
});

/** Who did something: a person, or Elevate itself by a schedule or a rule. */
export type Actor =
  | { readonly type: 'person'; readonly person: PersonRef }
  | { readonly type: 'system'; readonly what: 'policy' | 'schedule' | 'worker' | 'start' | 'reconciler' };

export const byPerson = (person: PersonRef): Actor => ({ type: 'person', person: refOf(person) });
export const bySystem = (what: Extract<Actor, { type: 'system' }>['what']): Actor => ({ type: 'system', what });
