import { formatDuration } from '../../domain/policy/duration.ts';
import { compilePattern } from '../../domain/policy/regex.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { resolveTimes } from '../../domain/written/times.ts';
import type { RoleOffer } from '../../usecases/offer-roles.ts';
import { plainMessage } from '../cards/notice.ts';
import { type Actor, type Desk, explain, openWith, type Shown } from '../desk.ts';
import type { Reach } from '../screen.ts';
import { type FormMemory, requestForm, requestFormWith } from '../views/request-form.ts';
import { type Ask, type Command, readAsk } from './parse.ts';

/** Words of a line that are tried as a role: a reason may hold a slash or two. */
const ROLES_TRIED = 3;
/** What a ticket looks like where no pattern tells: ABC-123. */
const USUAL_TICKET = /^[A-Z][A-Z0-9]*-\d+$/;
/** Refusals that a form can put right. */
const FIXABLE: readonly Refusal['code'][] = [
  'duration_too_long',
  'duration_too_short',
  'reason_too_short',
  'reason_too_long',
  'ticket_missing',
  'ticket_malformed',
  'ticket_too_long',
  'cap_now_lower',
];

type AskLine = Extract<Command, { kind: 'ask' }>;
interface Line {
  readonly actor: Actor;
  readonly reach: Reach;
  readonly triggerId: string;
}

/** `/elevate ROLE DURATION REASON… TICKET`: a complete line asks at once, an incomplete one opens the form with what it has. */
export function askInOneLine(desk: Desk, line: Line, command: AskLine): Promise<void> {
  return openWith(desk, line.reach, line.triggerId, () => answer(desk, line, command));
}

async function answer(desk: Desk, line: Line, command: AskLine): Promise<Shown> {
  const found = await findOffer(desk, line.actor, command.roles);
  if (!found.ok) return refusedOffer(desk, line, command, found);
  const { offer } = found;
  const ask = readAsk(command.words, offer.key, ticketTest(offer), 'anywhere');
  if (ask.times.start || ask.times.until) return readBack(desk, line, ask, offer);
  if (isComplete(ask, offer)) return submit(desk, line, ask, offer);
  return { view: formWith(desk, line, ask, await offeredFor(desk, line, offer, ask.durationSeconds), null) };
}

/** The same offer, with whom it would ask for so long. */
async function offeredFor(desk: Desk, { actor }: Line, offer: RoleOffer, durationSeconds: number | null) {
  if (durationSeconds === null || durationSeconds === offer.askedSeconds) return offer;
  const again = await desk.usecases().offerRole({ ...actor, role: offer.key, durationSeconds });
  return again.ok ? again.offer : offer;
}

/** A time of day can be meant in more than one way, so what it comes to is shown before anything is sent. */
async function readBack(desk: Desk, line: Line, ask: Ask, offer: RoleOffer): Promise<Shown> {
  const { zone, now } = await desk.usecases().clockOf(line.actor);
  const read = resolveTimes(ask.times, zone, now);
  if (!read.ok) return { view: formWith(desk, line, ask, offer, desk.text.refusal(read.refusal)) };
  const { times } = read;
  const asked = await offeredFor(desk, line, offer, times.durationSeconds);
  return { view: requestFormWith(memoryOf(line, asked), ask, { times, zone }, desk.text) };
}

type Found =
  | { readonly ok: true; readonly offer: RoleOffer }
  | { readonly ok: false; readonly role: string; readonly refusal: Refusal };

async function findOffer(desk: Desk, actor: Actor, roles: readonly string[]): Promise<Found> {
  let first: Found | null = null;
  for (const role of roles.slice(0, ROLES_TRIED)) {
    const offered = await desk.usecases().offerRole({ ...actor, role });
    if (offered.ok) return offered;
    const refused: Found = { ok: false, role, refusal: offered.refusal };
    if (offered.refusal.code !== 'role_unknown') return refused;
    first ??= refused;
  }
  return first ?? { ok: false, role: '', refusal: { code: 'role_unknown', role: '', suggestions: [] } };
}

/** A role that the policy does not offer is asked for all the same: the refusal is then the deciding rule's own, and audited. */
async function refusedOffer(
  desk: Desk,
  line: Line,
  command: AskLine,
  { role, refusal }: Extract<Found, { ok: false }>,
): Promise<Shown> {
  const ask = readAsk(command.words, role, (word) => USUAL_TICKET.test(word));
  if (refusal.code === 'role_not_offered' && ask.durationSeconds !== null) return submit(desk, line, ask, null);
  const sentence = await explain(desk, line.actor, refusal);
  const hint = refusal.code === 'role_unknown' ? ` ${desk.text.commands.examples}` : '';
  return { tell: plainMessage(`${sentence}${hint}`) };
}

async function submit(desk: Desk, line: Line, ask: Ask, offer: RoleOffer | null): Promise<Shown> {
  const submitted = await desk.usecases().submitRequest({
    ...line.actor,
    role: ask.role,
    durationSeconds: ask.durationSeconds,
    startsAt: null,
    endsBy: null,
    reason: ask.reason,
    ticket: ask.ticket,
    origin: `command/${line.triggerId}`,
    channel: line.reach.channel,
    extend: null,
    breakGlass: false,
  });
  if (submitted.ok) return { tell: plainMessage(desk.text.commands.asked(submitted.request)) };
  const { refusal } = submitted;
  if (offer && FIXABLE.includes(refusal.code)) {
    return { view: formWith(desk, line, { ...ask, ...allowed(refusal) }, offer, desk.text.refusal(refusal)) };
  }
  return { tell: plainMessage(await explain(desk, line.actor, refusal)) };
}

/** More time than allowed is offered as the most that is, which then takes one click. */
function allowed(refusal: Refusal): Pick<Ask, 'duration'> | undefined {
  if (refusal.code === 'duration_too_long') return { duration: formatDuration(refusal.maxSeconds) };
  return refusal.code === 'cap_now_lower' ? { duration: formatDuration(refusal.capSeconds) } : undefined;
}

const formWith = (desk: Desk, line: Line, ask: Ask, offer: RoleOffer, problem: string | null) =>
  requestForm(memoryOf(line, offer), ask, problem, desk.text);

const memoryOf = (line: Line, offer: RoleOffer): FormMemory => ({
  channel: line.reach.channel,
  offer,
  turn: 0,
  understood: null,
});

function ticketTest({ ticket }: RoleOffer): ((word: string) => boolean) | null {
  if (ticket.pattern === null) return ticket.required ? (word) => USUAL_TICKET.test(word) : null;
  const pattern = compilePattern(ticket.pattern);
  return pattern.ok ? pattern.test : null;
}

const isComplete = (ask: Ask, offer: RoleOffer): boolean =>
  ask.durationSeconds !== null &&
  ask.reason.length >= Math.max(1, offer.reasonMinLength) &&
  (ask.ticket !== null || !offer.ticket.required);
