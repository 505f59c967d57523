declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A Slack workspace (team) id, such as T0123ABC. Every stored row carries one. */
export type WorkspaceId = Brand<string, 'WorkspaceId'>;
/** A Slack user id, such as U0123ABC: unique inside its workspace only. */
export type SlackUserId = Brand<string, 'SlackUserId'>;
/** `req_` and 16 letters or digits. */
export type RequestId = Brand<string, 'RequestId'>;
/** `grt_` and 16 letters or digits. */
export type GrantId = Brand<string, 'GrantId'>;
/** `resource/role`, as the policy names it. */
export type RoleKey = Brand<string, 'RoleKey'>;
/** Lower-case hex SHA-256 of the policy's canonical content. */
export type PolicyVersion = Brand<string, 'PolicyVersion'>;

/** The ids come from outside as plain strings; these name the one place where one becomes the other. */
export const workspaceId = (value: string): WorkspaceId => value as WorkspaceId;
export const slackUserId = (value: string): SlackUserId => value as SlackUserId;
export const requestId = (value: string): RequestId => value as RequestId;
export const grantId = (value: string): GrantId => value as GrantId;
export const roleKey = (value: string): RoleKey => value as RoleKey;
export const policyVersion = (value: string): PolicyVersion => value as PolicyVersion;
