import { z } from 'zod';
import type {
  Facts,
  HistoryFacts,
  RequesterFacts,
  RequestFacts,
  TimeFacts,
  Unavailable,
} from '../domain/policy/facts.ts';
import { WEEKDAYS } from '../domain/policy/facts.ts';
import type { PolicyDecision, RuleVerdict, Stage } from '../domain/policy/types.ts';
import { lookupFailure } from './lookup-rows.ts';

const unavailable: z.ZodType<Unavailable> = z.looseObject({
  unavailable: z.string(),
  lasting: z.literal(true).exactOptional(),
});
const known = <T>(schema: z.ZodType<T>) => z.union([schema, unavailable]);

const requester: z.ZodType<RequesterFacts> = z.looseObject({
  id: z.string(),
  email: known(z.string()),
  name: z.string(),
  groups: z.record(z.string(), known(z.boolean())),
  manager: known(z.string().nullable()),
  timezone: z.string(),
});

const request: z.ZodType<RequestFacts> = z.looseObject({
  durationSeconds: z.number(),
  ticket: z.string().nullable(),
  reason: z.string(),
  extension: z.boolean(),
  breakGlass: z.boolean(),
  channel: z.string().nullable(),
});

const time: z.ZodType<TimeFacts> = z.looseObject({
  hour: z.number(),
  minute: z.number(),
  weekday: z.enum(WEEKDAYS),
  date: z.string(),
  businessHours: z.boolean(),
});

const history: z.ZodType<HistoryFacts> = z.looseObject({
  activeGrants: z.number(),
  activeRoles: z.array(z.string()),
  grantsToday: z.number(),
  minutesSinceLast: z.number().nullable(),
});

export const factsSchema: z.ZodType<Facts> = z.looseObject({
  at: z.string(),
  requester,
  request,
  time,
  history: known(history),
  provided: z.record(z.string(), known(z.union([z.boolean(), z.number(), z.string()]))),
});

const location = z.looseObject({ path: z.string(), line: z.number(), column: z.number() }).nullable();
const ruleKind = z.enum(['guardrail', 'separation_of_duties', 'rule', 'break_glass', 'default']);

export const stageSchema: z.ZodType<Stage> = z.looseObject({
  approvals: z.int().min(1),
  from: z.array(z.string()),
  selfAllowed: z.boolean(),
  wait: z
    .looseObject({
      withinSeconds: z.number().nullable(),
      remindAfterSeconds: z.number().nullable(),
      escalateAfterSeconds: z.number().nullable(),
      escalateTo: z.array(z.string()),
    })
    .nullable(),
  fallback: z
    .looseObject({
      to: z.array(z.string()),
      used: z.looseObject({ missing: z.int(), unavailable: lookupFailure.nullable() }).nullable(),
    })
    .nullable(),
  addedBy: z.looseObject({ kind: z.enum(['rule', 'guardrail']), name: z.string() }),
});

const ruleVerdict: z.ZodType<RuleVerdict> = z.looseObject({
  kind: ruleKind,
  name: z.string(),
  index: z.number().nullable(),
  verdict: z.enum(['matched', 'not_matched', 'error', 'not_reached']),
  effect: z.enum(['approve', 'deny', 'require', 'limit']),
  applied: z.boolean(),
  condition: z.string().nullable(),
  values: z.record(z.string(), z.json()),
  error: z.string().nullable(),
  location,
});

export const policyDecisionSchema: z.ZodType<PolicyDecision> = z.looseObject({
  outcome: z.enum(['approve', 'deny', 'require']),
  rule: z.looseObject({ name: z.string(), kind: ruleKind, index: z.number().nullable(), location }),
  message: z.string().nullable(),
  stages: z.array(stageSchema),
  capSeconds: z.number().nullable(),
  cappedBy: z.string().nullable(),
  trace: z.array(ruleVerdict),
});
