import {
  validateErrors,
  validateMessage,
  validateOptions,
  validateUpdate,
  validateView,
} from '../blockkit/validate.ts';
import type { Violation } from '../blockkit/violation.ts';
import { type Json, objects, text, truthy } from './json.ts';

export interface KeptViolation extends Violation {
  /** The Web API method, or what else carried it. */
  readonly method: string;
  readonly args: Json;
}

/** Which rules hold for what, by Web API method or by the kind of answer. */
const judges: Readonly<Record<string, (body: Json) => Violation[]>> = {
  'chat.postMessage': validateMessage,
  'chat.postEphemeral': validateMessage,
  'chat.update': validateUpdate,
  'views.open': (body) => validateView(body.view),
  'views.push': (body) => validateView(body.view),
  'views.update': (body) => validateView(body.view),
  'views.publish': (body) => validateView(body.view),
  'response_action update': (body) => validateView(body.view),
  'response_action push': (body) => validateView(body.view),
  'response_action errors': (body) => validateErrors(body.errors, objects(body.blocks)),
  options: validateOptions,
  'command answer': validateMessage,
  response_url: (body) => (truthy(body.delete_original) && text(body.text) === '' ? [] : validateMessage(body)),
};

/** Looks at everything that the bot sends, hands what is wrong to `keep`, and returns it. */
export function inspectWith(keep: (violation: KeptViolation) => void) {
  return (method: string, body: Json): readonly Violation[] => {
    const found = judges[method]?.(body) ?? [];
    const { token: _token, ...args } = body;
    for (const violation of found) keep({ ...violation, method, args });
    return found;
  };
}
