import { actionFor, confirmOf } from './actions.ts';
import type { Core } from './core.ts';
import { type DeliverOptions, type Delivery, notSent } from './delivery.ts';
import { findElement, interactive, type Placed, type Which } from './elements.ts';
import { isJson, type Json, object, objects, text } from './json.ts';
import { closedPayload, submissionPayload, suggestionPayload, viewActionPayload } from './payloads.ts';
import type { Person } from './people.ts';
import { chosenState, complaints, type FieldValue, type StateValues } from './values.ts';
import type { ShownView } from './views.ts';

export interface Submission extends Delivery {
  /** What stands at each field, by block id: the bot's `response_action: errors`, or Slack's own client checks. */
  readonly errors: Readonly<Record<string, string>>;
  /** The top of the modal afterwards; undefined when the modal is gone. */
  readonly view: ShownView | undefined;
}

export interface ClickResult extends Delivery {
  /** The confirmation dialog that the person saw. */
  readonly confirm: Json | undefined;
}

export interface ClickOptions extends DeliverOptions {
  /** What to choose, from a menu: an option's value or text, a user id, a date. */
  readonly choose?: FieldValue;
  /** Says no to the confirmation dialog: nothing is sent. */
  readonly cancel?: boolean;
}

/** What a person does in modals and on the App Home. */
export function createViewDriver(core: Core, personId: string) {
  const { views, triggers, install } = core;
  const me = (): Person => core.people.get(personId);

  /** The view as it stands now; one that was closed meanwhile is sent as the person last saw it. */
  const current = (view: ShownView): ShownView => views.find(view.id) ?? view;

  function top(): ShownView {
    const shown = views.top(personId);
    if (shown === undefined) throw new Error(`${me().key} has no modal open.`);
    return shown;
  }

  const offeredIn = (view: ShownView, actionId: string): Json[] => core.offered.get(`${view.id}/${actionId}`) ?? [];

  async function suggest(view: ShownView, which: Which, query: string, options: DeliverOptions = {}): Promise<Json[]> {
    const shown = current(view);
    const { element, block } = findElement(shown.blocks, which, `the view '${shown.callbackId}'`);
    const actionId = text(element.action_id);
    const payload = suggestionPayload(install, me(), {
      actionId,
      blockId: text(block.block_id),
      query,
      container: { type: 'view', view_id: shown.id },
      view: views.format(shown),
      team: options.team,
    });
    const answer = await core.send('interactive', payload, options);
    const body = object(answer.body);
    // What came too late, or not at all, is Slack's to tell the person.
    if (answer.status === 200) core.inspect('options', body);
    const found = [...objects(body.options), ...objects(body.option_groups).flatMap((group) => objects(group.options))];
    const key = `${shown.id}/${actionId}`;
    core.offered.set(key, [...(core.offered.get(key) ?? []), ...found]);
    return found;
  }

  /** Options for a value: a searching menu is asked, as a person would, when it hasn't shown that option yet. */
  async function optionsFor(view: ShownView, placed: Placed, given: FieldValue): Promise<Json[]> {
    const { element } = placed;
    const actionId = text(element.action_id);
    const searches = element.type === 'external_select' || element.type === 'multi_external_select';
    if (!searches || given === null || isJson(given)) return offeredIn(view, actionId);
    const wanted = Array.isArray(given) ? given.map(String) : [String(given)];
    for (const value of wanted) {
      const isOffered = (): boolean =>
        offeredIn(view, actionId).some((o) => o.value === value || object(o.text).text === value);
      if (!isOffered()) await suggest(view, actionId, value);
      if (!isOffered()) await suggest(view, actionId, '');
    }
    return offeredIn(view, actionId);
  }

  async function setValue(view: ShownView, placed: Placed, given: FieldValue): Promise<ShownView> {
    const state = chosenState(placed.element, given, await optionsFor(view, placed, given));
    const shown = current(view);
    const blockId = text(placed.block.block_id);
    const values: StateValues = {
      ...shown.values,
      [blockId]: { ...shown.values[blockId], [text(placed.element.action_id)]: state },
    };
    return views.setValues(shown, values);
  }

  async function act(view: ShownView, placed: Placed, options: ClickOptions): Promise<ClickResult> {
    const confirm = confirmOf(placed);
    if (options.cancel === true && confirm !== undefined) return { ...notSent, confirm };
    const offered = options.choose === undefined ? [] : await optionsFor(view, placed, options.choose);
    const shown = current(view);
    const payload = viewActionPayload(install, me(), {
      view: views.format(shown),
      action: actionFor(placed, options.choose, offered),
      triggerId: triggers.make(personId, shown.type === 'modal' ? shown.id : undefined),
      team: options.team,
    });
    return { ...(await core.send('interactive', payload, options)), confirm };
  }

  /** A button or menu on the view. */
  async function click(view: ShownView, which: Which, options: ClickOptions = {}): Promise<ClickResult> {
    const placed = findElement(view.blocks, which, `the view '${view.callbackId}'`);
    const { choose } = options;
    const shown = choose === undefined || options.cancel === true ? view : await setValue(view, placed, choose);
    return await act(shown, placed, options);
  }

  /** Changes a field. The bot hears of it when the field asks for that (dispatch_action, or a menu outside of an input). */
  async function changeInput(
    view: ShownView,
    blockId: string,
    actionId: string,
    value: FieldValue,
    options: DeliverOptions = {},
  ): Promise<ClickResult> {
    const placed = findElement(
      current(view).blocks,
      (element, block) => element.action_id === actionId && (blockId === '' || block.block_id === blockId),
      `the view '${view.callbackId}'`,
    );
    const shown = await setValue(view, placed, value);
    const tells = placed.block.type !== 'input' || placed.block.dispatch_action === true;
    return tells ? await act(shown, placed, { ...options, choose: value }) : { ...notSent, confirm: undefined };
  }

  /** Fills fields without sending anything. Keys are block ids or action ids. */
  async function fill(view: ShownView, given: Readonly<Record<string, FieldValue>>): Promise<ShownView> {
    let shown = current(view);
    for (const [key, value] of Object.entries(given)) {
      const placed = interactive(shown.blocks).find(
        ({ element, block }) => block.block_id === key || element.action_id === key,
      );
      if (placed === undefined) {
        const known = interactive(shown.blocks).map(({ block, element }) => `${block.block_id}/${element.action_id}`);
        throw new Error(`The view '${shown.callbackId}' has no field '${key}'. It has: ${known.join(', ')}.`);
      }
      shown = await setValue(shown, placed, value);
    }
    return shown;
  }

  async function submit(
    view: ShownView,
    given: Readonly<Record<string, FieldValue>> = {},
    options: DeliverOptions & { readonly force?: boolean } = {},
  ): Promise<Submission> {
    const shown = await fill(view, given);
    const missing = options.force === true ? {} : complaints(shown.blocks, shown.values);
    if (Object.keys(missing).length > 0) {
      return { ...notSent, errors: missing, view: views.setErrors(shown, missing) };
    }
    const payload = submissionPayload(install, me(), {
      view: views.format(shown),
      triggerId: triggers.make(personId, shown.id),
      team: options.team,
    });
    const answer = await core.send('interactive', payload, options);
    const errors = answer.status === 200 && !answer.late ? apply(shown, object(answer.body)) : {};
    return { ...answer, errors, view: views.top(personId) };
  }

  /** Slack's page "Modals", "Updating, pushing and closing with response_action". Returns the errors at the fields. */
  function apply(shown: ShownView, answer: Json): Readonly<Record<string, string>> {
    const action = text(answer.response_action);
    if (action === 'errors') {
      core.inspect('response_action errors', { ...answer, blocks: shown.blocks });
      const errors = Object.fromEntries(Object.entries(object(answer.errors)).map(([key, why]) => [key, text(why)]));
      views.setErrors(shown, errors);
      return errors;
    }
    if (action === 'clear') views.clear(personId);
    else if (action === 'update' || action === 'push') {
      const next = object(answer.view);
      if (core.inspect(`response_action ${action}`, { view: next }).some((v) => v.slackError !== undefined)) return {};
      if (action === 'update') views.replaceWith(shown, next);
      else views.pushOnto(personId, next);
    } else views.close(shown);
    return {};
  }

  /** The view's Close button, or the X that closes the whole stack. Tells the bot where notify_on_close asks for it. */
  async function close(options: DeliverOptions & { readonly all?: boolean } = {}): Promise<Delivery> {
    const shown = top();
    const isCleared = options.all === true;
    if (isCleared) views.clear(personId);
    else views.close(shown);
    if (shown.view.notify_on_close !== true) return notSent;
    const payload = closedPayload(install, me(), { view: views.format(shown), isCleared, team: options.team });
    return await core.send('interactive', payload, options);
  }

  return { top, click, fill, submit, suggest, changeInput, close };
}
