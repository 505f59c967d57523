import { z } from 'zod';
import { formatDuration } from '../../domain/policy/duration.ts';
import { MAX_TICKET_LENGTH } from '../../domain/policy/limits.ts';
import { shortKey } from '../../domain/policy/short-key.ts';
import type { Times } from '../../domain/written/times.ts';
import type { RoleOffer } from '../../usecases/offer-roles.ts';
import { ACTION, CALLBACK, FIELD } from '../action-ids.ts';
import { type Block, context, cut, type Modal, plain, section } from '../blocks.ts';
import { json } from '../button-value.ts';
import { HINT_MAX, INPUT_MAX, OPTION_TEXT_MAX } from '../limits.ts';
import type { Text } from '../text/en.ts';

/** Characters of a time field: `until 2026-12-01 at 10:30 pm` and some. */
const TIME_MAX = 60;

/** What the form remembers between two of its shapes (private_metadata): only for drawing, never an authority. */
export interface FormMemory {
  /** Where it was asked. */
  readonly channel: string | null;
  /** The address of the message it is about. */
  readonly about?: string | undefined;
  /** null: no role was chosen yet. */
  readonly offer: RoleOffer | null;
  /** How often the default duration was put in anew: it is part of the field's block id, because Slack keeps what stands in a field of the same id. */
  readonly turn: number;
  /** Whose reading is shown: the words of both time fields; null: nothing was read back. */
  readonly understood: string | null;
}

export interface FormValues {
  readonly duration: string | null;
  readonly start: string | null;
  readonly ticket: string | null;
  readonly reason: string | null;
}

/** What the words of the time fields came to, told before anything is sent. */
export interface Understood {
  readonly times: Times;
  readonly zone: string;
}

/** Names the words of both time fields, so that a change of either shows. */
export const wordsOf = ({ duration, start }: Pick<FormValues, 'duration' | 'start'>): string =>
  JSON.stringify([duration ?? '', start ?? '']);

/** The form with what its times come to read back, in the zone of who asks. */
export function requestFormWith(memory: FormMemory, values: FormValues, read: Understood, text: Text): Modal {
  const form = requestForm({ ...memory, understood: wordsOf(values) }, values, null, text);
  return { ...form, blocks: [section(text.forms.ask.mrkdwnUnderstood(read.times, read.zone)), ...form.blocks] };
}

/** The form: only the search at first, and the role's own fields once a role is chosen. `problem` is escaped mrkdwn. */
export function requestForm(memory: FormMemory, values: FormValues, problem: string | null, text: Text): Modal {
  const words = text.forms.ask;
  const { offer } = memory;
  return {
    type: 'modal',
    callback_id: CALLBACK.ask,
    title: plain(words.title),
    submit: plain(words.submit),
    close: plain(words.close),
    private_metadata: JSON.stringify(memory),
    blocks: [
      ...(problem === null ? [] : [section(`⚠ ${problem}`)]),
      ...(memory.about === undefined ? [] : [context(words.mrkdwnAbout(memory.about))]),
      roleField(offer, text),
      ...(offer === null ? [] : fieldsOf(offer, memory.turn, values, text)),
    ],
  };
}

function roleField(offer: RoleOffer | null, text: Text): Block {
  const words = text.forms.ask;
  return {
    type: 'input',
    block_id: FIELD.role,
    dispatch_action: true,
    label: plain(words.role),
    hint: plain(words.roleHint),
    element: {
      type: 'external_select',
      action_id: ACTION.role,
      min_query_length: 0,
      placeholder: plain(words.rolePlaceholder),
      ...(offer === null
        ? {}
        : { initial_option: { text: plain(offer.title, OPTION_TEXT_MAX), value: shortKey(offer.key) } }),
    },
  };
}

function fieldsOf(offer: RoleOffer, turn: number, values: FormValues, text: Text): Block[] {
  const words = text.forms.ask;
  const hasTicket = offer.ticket.required || offer.ticket.pattern !== null || offer.ticket.example !== null;
  return [
    context(words.mrkdwnOffer(offer)),
    ...(offer.asked === null ? [] : [context(words.asked(offer.asked, offer.askedSeconds))]),
    {
      type: 'input',
      block_id: turn === 0 ? FIELD.duration : `${FIELD.duration}_${turn}`,
      label: plain(words.duration),
      hint: plain(words.durationHint(offer.maxSeconds)),
      element: {
        type: 'plain_text_input',
        action_id: FIELD.duration,
        initial_value: cut(values.duration ?? formatDuration(offer.defaultSeconds), TIME_MAX),
        max_length: TIME_MAX,
      },
    },
    {
      type: 'input',
      block_id: FIELD.start,
      optional: true,
      label: plain(words.start),
      hint: plain(words.startHint),
      element: {
        type: 'plain_text_input',
        action_id: FIELD.start,
        max_length: TIME_MAX,
        ...(values.start ? { initial_value: cut(values.start, TIME_MAX) } : {}),
      },
    },
    ...(hasTicket ? [ticketField(offer, values.ticket, text)] : []),
    {
      type: 'input',
      block_id: FIELD.reason,
      optional: offer.reasonMinLength === 0,
      label: plain(words.reason),
      hint: plain(words.reasonHint(offer.reasonMinLength)),
      element: {
        type: 'plain_text_input',
        action_id: FIELD.reason,
        multiline: true,
        max_length: INPUT_MAX,
        ...(offer.reasonMinLength > 0 ? { min_length: Math.min(offer.reasonMinLength, INPUT_MAX) } : {}),
        placeholder: plain(words.reasonPlaceholder),
        ...(values.reason ? { initial_value: cut(values.reason, INPUT_MAX) } : {}),
      },
    },
  ];
}

function ticketField(offer: RoleOffer, ticket: string | null, text: Text): Block {
  const words = text.forms.ask;
  return {
    type: 'input',
    block_id: FIELD.ticket,
    optional: !offer.ticket.required,
    label: plain(words.ticket),
    hint: plain(words.ticketHint(offer.ticket), HINT_MAX),
    element: {
      type: 'plain_text_input',
      action_id: FIELD.ticket,
      max_length: MAX_TICKET_LENGTH,
      ...(ticket ? { initial_value: cut(ticket, MAX_TICKET_LENGTH) } : {}),
    },
  };
}

const memorySchema = z.object({
  channel: z.string().nullable(),
  about: z.string().optional(),
  offer: z
    .object({
      key: z.string(),
      title: z.string(),
      resource: z.string(),
      environment: z.string(),
      risk: z.enum(['low', 'medium', 'high']),
      defaultSeconds: z.number(),
      maxSeconds: z.number(),
      reasonMinLength: z.number(),
      ticket: z.object({ required: z.boolean(), pattern: z.string().nullable(), example: z.string().nullable() }),
      asked: z.array(z.int()).nullable(),
      askedSeconds: z.number(),
    })
    .nullable(),
  turn: z.int().min(0),
  understood: z.string().nullable(),
});

/** What an older version of Elevate left behind counts as nothing. */
export function readMemory(metadata: string): FormMemory {
  const read = memorySchema.safeParse(json(metadata));
  return read.success ? read.data : { channel: null, offer: null, turn: 0, understood: null };
}
