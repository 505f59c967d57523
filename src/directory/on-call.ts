import { z } from 'zod';
import type { OnCallProvider } from '../domain/policy/types.ts';
import { Outage } from '../usecases/ports.ts';
import { type Environment, fetchJson } from './fetch-json.ts';
import { createKeeper } from './keep.ts';
import { ON_CALL_ANSWER_MAX_BYTES, ON_CALL_PEOPLE_MAX } from './limits.ts';

/** Addresses of everybody who is on call in the schedule now, lower-case, each once. Throws `Outage`. */
export type OnCall = (provider: OnCallProvider, schedule: string) => Promise<readonly string[]>;

/** PagerDuty's page size at most (PagerDuty: "List all of the on-calls", limit). */
const PAGE = 100;

/** The parts of PagerDuty's answer that are read, with `include[]=users` (PagerDuty: "List all of the on-calls"). */
const pagerDutyAnswer = z.object({
  more: z.boolean().default(false),
  oncalls: z.array(
    z.object({
      schedule: z.object({ id: z.string() }).nullable(),
      user: z.object({ email: z.string().optional() }),
    }),
  ),
});

/** Ours: `{ "on_call": ["dana@example.com"] }`. */
const plainAnswer = z.object({ on_call: z.array(z.string()) });

export function createOnCall(environment: Environment, now: () => number): OnCall {
  const keep = createKeeper<readonly string[]>(now);
  return (provider, schedule) => {
    const key = JSON.stringify([provider.name, provider.type, provider.url, [...provider.headers], schedule]);
    return keep(key, provider.cacheSeconds, () => ask(provider, schedule, environment));
  };
}

async function ask(provider: OnCallProvider, schedule: string, environment: Environment): Promise<readonly string[]> {
  const name = `on-call provider ${provider.name}`;
  const pagerDuty = provider.type === 'pagerduty';
  const headers = new Map(provider.headers);
  if (pagerDuty) headers.set('accept', 'application/vnd.pagerduty+json;version=2');
  const answer = await fetchJson(
    {
      name,
      url: pagerDuty ? pagerDutyUrl(provider.url, schedule) : plainUrl(provider.url, schedule),
      headers,
      timeoutSeconds: provider.timeoutSeconds,
      maxBytes: ON_CALL_ANSWER_MAX_BYTES,
    },
    environment,
  );
  const emails = pagerDuty ? pagerDutyEmails(answer, schedule, name) : plainEmails(answer, name);
  const unique = [...new Set(emails.map((email) => email.toLowerCase()))];
  if (unique.length > ON_CALL_PEOPLE_MAX) {
    throw new Outage(
      'permanent',
      `${name} says that ${unique.length} people are on call in ${schedule}: that cannot be meant`,
    );
  }
  return unique;
}

function pagerDutyUrl(base: string, schedule: string): string {
  const query = `schedule_ids%5B%5D=${encodeURIComponent(schedule)}&include%5B%5D=users&limit=${PAGE}`;
  return `${base.replace(/\/+$/, '')}/oncalls?${query}`;
}

function plainUrl(url: string, schedule: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}schedule=${encodeURIComponent(schedule)}`;
}

function pagerDutyEmails(answer: unknown, schedule: string, name: string): string[] {
  const parsed = pagerDutyAnswer.safeParse(answer);
  if (!parsed.success) throw new Outage('permanent', `the answer of ${name} is not PagerDuty's list of on-calls`);
  // Who stands on a page that was not read would silently not be on call.
  if (parsed.data.more) throw new Outage('permanent', `${name} lists more than ${PAGE} on-calls for ${schedule}`);
  return parsed.data.oncalls
    .filter((each) => each.schedule?.id === schedule)
    .flatMap(({ user }) => {
      if (user.email !== undefined) return [user.email];
      throw new Outage('permanent', `${name} tells no addresses: the key must be allowed to read users`);
    });
}

function plainEmails(answer: unknown, name: string): string[] {
  const parsed = plainAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new Outage('permanent', `the answer of ${name} must be {"on_call": ["somebody@example.com"]}`);
  }
  return parsed.data.on_call;
}
