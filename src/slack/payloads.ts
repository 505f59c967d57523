import { z } from 'zod';

/** What we read of Slack's payloads (Slack: "Interaction payloads", "Implementing slash commands"). The rest is ignored. */
const who = {
  user: z.object({ id: z.string(), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
};

const fieldState = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_user: z.string().nullish(),
  selected_date: z.string().nullish(),
});

const view = z.object({
  id: z.string(),
  hash: z.string(),
  callback_id: z.string(),
  private_metadata: z.string(),
  state: z.object({ values: z.record(z.string(), z.record(z.string(), fieldState)) }).optional(),
});

export const commandPayload = z.object({
  team_id: z.string(),
  user_id: z.string(),
  channel_id: z.string(),
  text: z.string(),
  trigger_id: z.string(),
  response_url: z.string(),
});

export const clickPayload = z.object({
  ...who,
  trigger_id: z.string(),
  response_url: z.string().optional(),
  channel: z.object({ id: z.string() }).optional(),
  container: z.object({
    type: z.string(),
    message_ts: z.string().optional(),
    channel_id: z.string().optional(),
    is_ephemeral: z.boolean().optional(),
  }),
  view: view.optional(),
  actions: z
    .array(
      z.object({
        action_id: z.string(),
        value: z.string().optional(),
        selected_option: z.object({ value: z.string() }).nullish(),
      }),
    )
    .min(1),
});

export const submissionPayload = z.object({ ...who, trigger_id: z.string(), view });

export const suggestionPayload = z.object({ ...who, value: z.string() });

/** Slack: "Shortcuts payloads", message_action. */
export const messageShortcut = z.object({
  ...who,
  trigger_id: z.string(),
  response_url: z.string().optional(),
  channel: z.object({ id: z.string().regex(/^[CDG][A-Z0-9]+$/) }),
  message_ts: z.string().regex(/^\d+\.\d+$/),
});

export const homeOpened = z.object({ user: z.string(), tab: z.string().optional() });

/** Slack: "user_change event". */
export const userChanged = z.object({ user: z.object({ id: z.string(), deleted: z.boolean().optional() }) });

export type CommandPayload = z.infer<typeof commandPayload>;
export type ClickPayload = z.infer<typeof clickPayload>;
export type SubmissionPayload = z.infer<typeof submissionPayload>;
export type ViewPayload = z.infer<typeof view>;

/** What was typed in a field, or chosen; null: nothing, or there is no such field. */
export function fieldOf(shown: ViewPayload, actionId: string): string | null {
  for (const block of Object.values(shown.state?.values ?? {})) {
    const state = block[actionId];
    if (state) return state.selected_option?.value ?? state.selected_user ?? state.selected_date ?? state.value ?? null;
  }
  return null;
}

export const hasField = (shown: ViewPayload, actionId: string): boolean =>
  Object.values(shown.state?.values ?? {}).some((block) => actionId in block);

/** The block that holds a field: what an error is attached to. */
export const blockOf = (shown: ViewPayload, actionId: string): string =>
  Object.entries(shown.state?.values ?? {}).find(([, block]) => actionId in block)?.[0] ?? actionId;
