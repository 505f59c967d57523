import { isJson, type Json, objects } from '../workspace/json.ts';
import {
  type At,
  anything,
  boolean,
  byType,
  type Check,
  type Fields,
  inside,
  list,
  optional,
  report,
  reportOwn,
  required,
  shape,
  string,
} from './checks.ts';
import { limits as elementLimits } from './composition.ts';
import { accessory, elements, inActions, inInput } from './elements.ts';
import { anyText, checkMention, plainText } from './text.ts';

/** The limits of Slack's page "Blocks" and each block's own page. */
export const limits = {
  blockId: 255,
  sectionText: 3000,
  fieldText: 2000,
  fields: 10,
  headerText: 150,
  contextElements: 10,
  actionsElements: 25,
  labelText: 2000,
  imageTitle: 2000,
  markdownText: 12_000,
  videoTitle: 200,
  tableRows: 100,
} as const;

export type Surface = 'message' | 'modal' | 'home';

const common: Fields = { type: required(anything), block_id: optional(string(limits.blockId, 1)) };
const block = (name: string, fields: Fields, more?: (value: Json, at: At) => void): Check =>
  shape(name, { ...common, ...fields }, more);

const contextElement: Check = (value, at) => {
  if (isJson(value) && value.type === 'image') elements.image?.(value, at);
  else anyText(limits.sectionText)(value, at);
};

function checkImageSource(value: Json, at: At): void {
  if ((value.image_url === undefined) === (value.slack_file === undefined)) {
    report(at, 'source', 'must have either image_url or slack_file');
  }
}

function checkRichText(value: Json, at: At): void {
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    else if (isJson(node)) {
      if (node.type === 'broadcast') reportOwn(at, 'mention', 'mentions everybody');
      visit(node.elements);
    }
  };
  visit(value.elements);
}

/** Blocks that Slack has and this project neither uses nor knows the limits of: sending one is worth a look. */
const unjudged: Check = (value, at) => {
  const name = isJson(value) ? String(value.type) : '';
  reportOwn({ ...at, rule: 'block' }, 'unjudged', `this validator knows no limits of '${name}' blocks: teach it first`);
};

export const blocks: Readonly<Record<string, Check>> = {
  section: block(
    'section',
    {
      text: optional(anyText(limits.sectionText)),
      fields: optional(list(anyText(limits.fieldText), limits.fields)),
      accessory: optional(accessory),
      expand: optional(boolean),
    },
    (value, at) => {
      if (value.text === undefined && value.fields === undefined) report(at, 'required', 'must have text or fields');
    },
  ),
  header: block('header', { text: required(plainText(limits.headerText)) }),
  divider: block('divider', {}),
  image: block(
    'image',
    {
      image_url: optional(string(elementLimits.url, 1)),
      slack_file: optional(anything),
      alt_text: required(string(elementLimits.altText, 1)),
      title: optional(plainText(limits.imageTitle)),
    },
    checkImageSource,
  ),
  context: block('context', { elements: required(list(contextElement, limits.contextElements)) }),
  actions: block('actions', { elements: required(list(inActions, limits.actionsElements)) }),
  input: block('input', {
    label: required(plainText(limits.labelText)),
    element: required(inInput),
    hint: optional(plainText(limits.labelText)),
    optional: optional(boolean),
    dispatch_action: optional(boolean),
  }),
  markdown: block('markdown', { text: required(string(limits.markdownText, 1)) }, (value, at) => {
    if (typeof value.text === 'string') checkMention(value.text, inside(at, 'text'));
  }),
  rich_text: block('rich_text', { elements: required(list(anything, Number.MAX_SAFE_INTEGER)) }, checkRichText),
  video: block('video', {
    video_url: required(string(elementLimits.url, 1)),
    thumbnail_url: required(string(elementLimits.url, 1)),
    alt_text: required(string(elementLimits.altText, 1)),
    title: required(plainText(limits.videoTitle)),
    title_url: optional(string(elementLimits.url)),
    author_name: optional(string(50)),
    provider_name: optional(string(200)),
    provider_icon_url: optional(string(elementLimits.url)),
    description: optional(plainText(200)),
  }),
  table: block('table', {
    rows: required(list(anything, limits.tableRows)),
    column_settings: optional(list(anything, 20)),
  }),
  file: block('file', { external_id: required(string(255, 1)), source: required(string(20, 1)) }),
  ...Object.fromEntries(
    ['alert', 'card', 'carousel', 'container', 'context_actions', 'data_table', 'plan', 'task_card'].map((name) => [
      name,
      unjudged,
    ]),
  ),
};

const messagesOnly = new Set(['file', 'markdown', 'table', 'context_actions']);
/** Which blocks may stand where (each block's page, "Available in surfaces"). */
export function blocksOn(surface: Surface): Check {
  const allowed = Object.keys(blocks).filter((name) => surface === 'message' || !messagesOnly.has(name));
  return byType('block', blocks, allowed);
}

/** Ids that must differ, and the one element that may have the focus (pages "Blocks", block_id, and "Actions", action_id). */
export function checkIds(all: readonly Json[], at: At): void {
  const seen = new Set<unknown>();
  let focused = 0;
  for (const [index, one] of all.entries()) {
    const here = inside(at, index);
    if (one.block_id !== undefined && seen.has(one.block_id)) {
      report({ ...here, rule: 'block_id' }, 'duplicate', `two blocks have the block_id '${String(one.block_id)}'`);
    }
    seen.add(one.block_id);
    const within = [...objects(one.elements), ...[one.element, one.accessory].filter(isJson)];
    const actionIds = within.map((item) => item.action_id).filter((id) => id !== undefined);
    if (one.type === 'actions' && new Set(actionIds).size !== actionIds.length) {
      report({ ...here, rule: 'action_id' }, 'duplicate', 'two elements of the block have the same action_id');
    }
    focused += within.filter((item) => item.focus_on_load === true).length;
  }
  if (focused > 1) report({ ...at, rule: 'focus_on_load' }, 'duplicate', 'only one element may have the focus');
}
