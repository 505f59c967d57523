import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { interactive } from '../../src/sandbox/workspace/elements.ts';
import { text } from '../../src/sandbox/workspace/json.ts';
import { startWorkspace } from '../../src/sandbox/workspace/workspace.ts';
import { type Delivery, type FilledForm, filledForm } from './office.ts';
import { seed } from './requesters.ts';

/** Slack's three seconds begin when the line is typed; here, where some wait for their turn to be sent, they are longer. */
const TRIGGER_LIFE_MS = 60_000;

const question = z.discriminatedUnion('what', [
  z.object({ id: z.string(), what: z.literal('type'), people: z.array(z.string()), line: z.string() }),
  z.object({ id: z.string(), what: z.literal('fill'), appUrl: z.string(), form: filledForm }),
  z.object({ id: z.string(), what: z.literal('calls'), method: z.string() }),
]);
type Question = z.infer<typeof question>;

const workspace = await startWorkspace({ seed, triggerLifeMs: TRIGGER_LIFE_MS });
/** Everything that Slack sends lands here, to be sent on by whoever holds the stopwatch. */
let sent: Delivery[] = [];
const outbox = createServer(async (request, response) => {
  const headers = Object.entries(request.headers).filter(
    (entry): entry is [string, string] =>
      /^(content-type|user-agent|x-slack-)/.test(entry[0]) && typeof entry[1] === 'string',
  );
  sent.push({ headers: Object.fromEntries(headers), body: (await buffer(request)).toString() });
  response.end();
});
await new Promise<void>((resolve) => outbox.listen(0, '127.0.0.1', resolve));
const address = outbox.address();
if (address === null || typeof address === 'string') throw new Error('There is no port');
const outboxUrl = `http://127.0.0.1:${address.port}`;
workspace.deliverTo(outboxUrl);

async function answer(asked: Question): Promise<unknown> {
  if (asked.what === 'calls') {
    const calls = workspace.calls.filter((call) => call.method === asked.method);
    return { count: calls.length, last: calls.at(-1)?.args };
  }
  sent = [];
  if (asked.what === 'fill') return fill(asked.appUrl, asked.form);
  await Promise.all(asked.people.map((who) => workspace.user(who).command(asked.line, { channel: 'access' })));
  return sent;
}

/** The form opens, a role is chosen, its fields appear: all of that with the bot. Only the submission stays here. */
async function fill(appUrl: string, { who, role, duration, reason }: FilledForm): Promise<Delivery> {
  const person = workspace.user(who);
  const isRoleField = (element: { readonly type?: unknown }): boolean => element.type === 'external_select';
  const shownFields = () => interactive(person.modal()?.blocks ?? []);
  workspace.deliverTo(`${appUrl}/slack/events`);
  try {
    await person.command('/elevate', { channel: 'access' });
    const roleField = await workspace.waitFor(() => shownFields().find(({ element }) => isRoleField(element)), {
      what: 'the form',
    });
    await person.suggest('modal', isRoleField, '');
    await person.changeInput('modal', text(roleField.block.block_id), text(roleField.element.action_id), role);
    await workspace.waitFor(() => shownFields().length > 1, { what: 'the fields of the role' });
  } finally {
    workspace.deliverTo(outboxUrl);
  }
  await person.submit('modal', { duration, reason });
  const [submission] = sent;
  if (submission === undefined) throw new Error(`The form of ${who} was not submitted`);
  return submission;
}

process.on('message', (message) => {
  const asked = question.parse(message);
  answer(asked).then(
    (result) => process.send?.({ id: asked.id, result }),
    (error: unknown) => process.send?.({ id: asked.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
const { apiUrl, botToken, signingSecret, install } = workspace;
process.send?.({ apiUrl, botToken, signingSecret, teamId: install.teamId });
