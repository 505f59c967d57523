import { isJson, type Json, objects, unpack } from '../workspace/json.ts';
import { blocksOn, checkIds, type Surface } from './blocks.ts';
import {
  type At,
  anything,
  boolean,
  type Check,
  type Fields,
  inside,
  list,
  oneOf,
  optional,
  report,
  reportOwn,
  required,
  shape,
  string,
} from './checks.ts';
import { limits as elementLimits, menuOption, optionGroup } from './composition.ts';
import { checkMrkdwn, plainText } from './text.ts';
import type { Violation } from './violation.ts';

/**
 * Limits of whole messages and views: Slack's pages "Blocks", "View object", "chat.postMessage" and "chat.update". The total of a
 * message's blocks is documented nowhere; it comes from an issue of bolt-js, "msg_blocks_too_long".
 */
export const limits = {
  messageBlocks: 50,
  viewBlocks: 100,
  messageText: 40_000,
  updateTextBytes: 4000,
  messageTotal: 13_200,
  viewBytes: 250_000,
  viewTitle: 24,
  privateMetadata: 3000,
  callbackId: 255,
  externalId: 255,
} as const;

const start = (slackError: string, rule: string): At => ({ path: '', rule, slackError, found: [] });

/** The characters of every string in the blocks, names of types left out. */
function countCharacters(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: unknown) => sum + countCharacters(item), 0);
  if (!isJson(value)) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => sum + (key === 'type' ? 0 : countCharacters(inner)), 0);
}

function checkBlocks(surface: Surface, value: unknown, max: number, at: At): Json[] {
  const here = inside(at, 'blocks', `${surface}.blocks`);
  list(blocksOn(surface), max, 0)(value, here);
  const all = objects(value);
  checkIds(all, here);
  return all;
}

/** What is wrong with the arguments of chat.postMessage, chat.postEphemeral, a response_url or a command's answer. */
export function validateMessage(payload: Json): Violation[] {
  return checkMessage(payload, false);
}

/** What is wrong with the arguments of chat.update, whose text is shorter and which may leave out what stays. */
export function validateUpdate(payload: Json): Violation[] {
  return checkMessage(payload, true);
}

function checkMessage(payload: Json, isUpdate: boolean): Violation[] {
  const at = start('invalid_blocks', 'message');
  const given = unpack(payload.blocks);
  const hasBlocks = given !== undefined && given !== null && given !== '';
  if (hasBlocks && !Array.isArray(given)) {
    report({ ...inside(at, 'blocks'), slackError: 'invalid_blocks_format' }, 'blocks.type', 'blocks must be a list');
    return at.found;
  }
  const all = hasBlocks ? checkBlocks('message', given, limits.messageBlocks, at) : [];
  const total = countCharacters(all);
  if (total > limits.messageTotal) {
    const message = `the blocks have ${total} characters, about ${limits.messageTotal} are taken`;
    report({ ...inside(at, 'blocks'), slackError: 'msg_blocks_too_long' }, 'total', message);
  }
  checkTopText(payload.text, all.length > 0, isUpdate, inside(at, 'text', 'message.text'));
  return at.found;
}

function checkTopText(value: unknown, hasBlocks: boolean, isUpdate: boolean, at: At): void {
  if (typeof value !== 'string' || value.trim() === '') {
    // Slack takes blocks without text, but then phones and screen readers have nothing to say.
    if (hasBlocks) reportOwn(at, 'missing', 'every message needs a top-level text that says the same in words');
    else report({ ...at, slackError: 'no_text' }, 'missing', 'a message needs text');
    return;
  }
  if (isUpdate && Buffer.byteLength(value) > limits.updateTextBytes) {
    const message = `chat.update takes ${limits.updateTextBytes} bytes of text, not ${Buffer.byteLength(value)}`;
    report({ ...at, slackError: 'msg_too_long' }, 'length', message);
  } else if (value.length > limits.messageText) {
    reportOwn(at, 'length', `Slack cuts the text off after ${limits.messageText} characters`);
  }
  checkMrkdwn(value, at);
}

const shared: Fields = {
  type: required(oneOf('modal', 'home')),
  blocks: required(anything),
  private_metadata: optional(string(limits.privateMetadata)),
  callback_id: optional(string(limits.callbackId)),
  external_id: optional(string(limits.externalId)),
};

const views: Readonly<Record<'modal' | 'home', Check>> = {
  home: shape('home', shared),
  modal: shape(
    'modal',
    {
      ...shared,
      title: required(plainText(limits.viewTitle)),
      submit: optional(plainText(limits.viewTitle)),
      close: optional(plainText(limits.viewTitle)),
      clear_on_close: optional(boolean),
      notify_on_close: optional(boolean),
      submit_disabled: optional(boolean),
    },
    (view, at) => {
      if (view.submit === undefined && objects(view.blocks).some((block) => block.type === 'input')) {
        report(inside(at, 'submit'), 'submit.required', 'a modal with input blocks needs a submit button');
      }
    },
  ),
};

/** What is wrong with a view, as views.open, views.push, views.update and views.publish take it. */
export function validateView(given: unknown): Violation[] {
  const view = unpack(given);
  const at = start('invalid_arguments', 'view');
  if (!isJson(view)) {
    report(at, 'type', 'a view must be an object');
    return at.found;
  }
  const surface = view.type === 'home' ? 'home' : 'modal';
  views[surface](view, at);
  checkBlocks(surface, view.blocks, limits.viewBlocks, at);
  const bytes = Buffer.byteLength(JSON.stringify(view));
  if (bytes > limits.viewBytes) {
    const message = `the view has ${bytes} bytes, ${limits.viewBytes} are taken`;
    report({ ...at, slackError: 'view_too_large' }, 'size', message);
  }
  return at.found;
}

/** What is wrong with the answer to a block_suggestion (Slack's page "External data select menu"). */
export function validateOptions(body: Json): Violation[] {
  const at = start('invalid_options', 'options');
  if ((body.options === undefined) === (body.option_groups === undefined)) {
    report(at, 'options_or_groups', 'an answer must have either options or option_groups');
  }
  if (body.options !== undefined) list(menuOption, elementLimits.options, 0)(body.options, inside(at, 'options'));
  if (body.option_groups !== undefined) {
    list(optionGroup, elementLimits.optionGroups, 0)(body.option_groups, inside(at, 'option_groups'));
  }
  return at.found;
}

/** What is wrong with `response_action: errors` for a view with these blocks: the keys must be ids of input blocks. */
export function validateErrors(errors: unknown, blocks: readonly Json[]): Violation[] {
  const at = inside(start('invalid_arguments', 'response_action.errors'), 'errors');
  if (!isJson(errors) || Object.keys(errors).length === 0) {
    report(at, 'type', 'errors must name at least one block');
    return at.found;
  }
  const inputs = new Set(blocks.filter((block) => block.type === 'input').map((block) => block.block_id));
  for (const [blockId, why] of Object.entries(errors)) {
    const here = inside(at, blockId);
    if (!inputs.has(blockId)) report(here, 'unknown_block', `the view has no input block '${blockId}'`);
    string(limits.privateMetadata, 1)(why, here);
  }
  return at.found;
}
