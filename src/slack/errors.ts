import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { Outage } from '../usecases/ports.ts';

/** What a call would leave behind if its answer was lost: a `post` may stand there now, anything else is the same twice. */
export type CallKind = 'post' | 'repeatable';

/** Slack's error codes that pass by themselves (Slack: each method's page, Errors). */
const TRANSIENT = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
  'rollup_error',
  'ratelimited',
  'rate_limited',
]);

/** Those that are about the channel, whatever is posted there. */
const OF_CHANNEL = new Set(['not_in_channel', 'channel_not_found', 'is_archived', 'restricted_action']);

/** What a person must do about an error that stays, by Slack's code. */
const FIXES: Readonly<Record<string, string>> = {
  invalid_auth: 'the bot token is wrong: copy SLACK_BOT_TOKEN from the app’s page "OAuth & Permissions"',
  not_authed: 'there is no bot token: set SLACK_BOT_TOKEN',
  token_revoked: 'the bot token was revoked: reinstall the app and set the new SLACK_BOT_TOKEN',
  token_expired: 'the bot token has expired: reinstall the app and set the new SLACK_BOT_TOKEN',
  account_inactive: 'the app was uninstalled: install it again and set the new SLACK_BOT_TOKEN',
  missing_scope: 'the app lacks a scope: reinstall it with the manifest of this version',
  not_in_channel: 'the bot is not in that channel: invite it with /invite',
  channel_not_found:
    'that channel does not exist, or it is private and the bot is not in it: create it, or invite the bot',
  is_archived: 'that channel is archived: unarchive it, or name another one in the policy',
  message_not_found: 'the message was deleted',
  cant_update_message: 'the message was posted by another app',
  edit_window_closed: 'the workspace forbids editing messages that are this old',
  restricted_action: 'the workspace forbids the bot to post there: ask its admins to allow it',
  user_disabled: 'that person was deactivated',
  cannot_dm_bot: 'bots cannot be written to',
  plan_upgrade_required: 'this Slack plan has no user groups: name the members in the policy instead',
};

/** Every error of a Web API call as an `Outage`. Its message names the method, Slack's code and what to do. */
export function toOutage(error: unknown, method: string, kind: CallKind): Outage {
  if (error instanceof Outage) return error;
  if (error instanceof WebAPIRateLimitedError) {
    return new Outage('transient', `Slack asks us to wait ${error.retryAfter} s before ${method}`, {
      cause: error,
      retryAfterSeconds: error.retryAfter,
    });
  }
  if (error instanceof WebAPIPlatformError) return ofPlatform(error, method);
  const lost = kind === 'post' ? 'unknown_outcome' : 'transient';
  if (error instanceof WebAPIHTTPError) {
    const refused = error.statusCode >= 400 && error.statusCode < 500;
    return new Outage(refused ? 'permanent' : lost, `Slack answered ${method} with HTTP ${error.statusCode}`, {
      cause: error,
    });
  }
  if (error instanceof WebAPIRequestError) {
    return new Outage(lost, `Slack did not answer ${method}: ${error.original.message}`, { cause: error });
  }
  return new Outage(lost, `${method} failed: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}

function ofPlatform(error: WebAPIPlatformError, method: string): Outage {
  const code = error.data.error;
  if (TRANSIENT.has(code)) return new Outage('transient', `Slack answered ${method} with ${code}`, { cause: error });
  const details = error.data.response_metadata?.messages?.join('; ') ?? '';
  const fix = FIXES[code] ?? details;
  return new Outage('permanent', `Slack answered ${method} with ${code}${fix === '' ? '' : `: ${fix}`}`, {
    cause: error,
    ofChannel: OF_CHANNEL.has(code),
  });
}

/** Slack's own code of a refused call; null: it was no refusal. */
export function slackCode(error: unknown): string | null {
  if (error instanceof WebAPIPlatformError) return error.data.error;
  return error instanceof Outage && error.cause !== undefined ? slackCode(error.cause) : null;
}

/** Makes a call and throws what goes wrong as an `Outage`. */
export async function call<T>(method: string, kind: CallKind, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toOutage(error, method, kind);
  }
}
