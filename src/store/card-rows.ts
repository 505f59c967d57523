import { z } from 'zod';
import type { Card, Holding, HoldingNote, OpenNotice } from '../usecases/ports.ts';
import { notices } from './effect-rows.ts';
import { readRow, storedDate, storedGrantId, storedRequestId, storedWorkspaceId } from './rows.ts';

const cardSchema = z
  .object({
    request_id: storedRequestId,
    place: z.enum(['decision', 'audit']),
    workspace_id: storedWorkspaceId,
    channel_id: z.string().nullable(),
    ts: z.string().nullable(),
    shows: z.string().nullable(),
    lines_posted: z.int().min(0),
    line_begun: z.int().nullable(),
    posted: z.int().min(0),
  })
  .transform(
    (row): Card => ({
      requestId: row.request_id,
      place: row.place,
      workspaceId: row.workspace_id,
      ref: row.channel_id !== null && row.ts !== null ? { channelId: row.channel_id, ts: row.ts } : null,
      shows: row.shows,
      eventsTold: row.lines_posted,
      lineBegun: row.line_begun,
      posted: row.posted,
    }),
  );

export const readCard = (row: unknown): Card => readRow('cards', 'request_id', cardSchema, row);

const noticeSchema = z
  .object({
    channel_id: z.string(),
    ts: z.string(),
    request_id: storedRequestId,
    workspace_id: storedWorkspaceId,
    notice: z.union([z.enum(notices), z.literal('break_glass_alert')]),
    shows: z.string(),
  })
  .transform(
    (row): OpenNotice => ({
      requestId: row.request_id,
      workspaceId: row.workspace_id,
      ref: { channelId: row.channel_id, ts: row.ts },
      notice: row.notice,
      shows: row.shows,
    }),
  );

export const readNotice = (row: unknown): OpenNotice => readRow('open_notices', 'ts', noticeSchema, row);

const holdingSchema: z.ZodType<Holding> = z.looseObject({
  ours: z.json(),
  others: z.array(z.looseObject({ grantor: z.string(), level: z.json() })),
});

const noteSchema = z
  .object({
    access_key: z.string(),
    workspace_id: storedWorkspaceId,
    before: holdingSchema,
    noted_at: storedDate,
    noted_for: storedGrantId,
  })
  .transform(
    (row): HoldingNote => ({
      accessKey: row.access_key,
      workspaceId: row.workspace_id,
      before: row.before,
      notedAt: row.noted_at,
      notedFor: row.noted_for,
    }),
  );

export const readNote = (row: unknown): HoldingNote => readRow('access_notes', 'access_key', noteSchema, row);
