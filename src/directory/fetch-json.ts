import { Outage } from '../usecases/ports.ts';

export interface JsonQuestion {
  /** How errors name the other side, such as `fact provider deploys`. */
  readonly name: string;
  /** May hold `${NAME}` references, as the headers may. */
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly timeoutSeconds: number;
  readonly maxBytes: number;
}

/** The value of an environment variable; null: it is not set. */
export type Environment = (name: string) => string | null;

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** Plain HTTP leaves secrets and answers in the open; only this machine may speak it. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Asks an HTTP endpoint of the policy for JSON. Redirects are not followed: the policy names whom we talk to, and whoever
 * answers cannot send us, with our secrets, to another host. Throws `Outage` with a sentence that holds no secret.
 */
export async function fetchJson(question: JsonQuestion, environment: Environment): Promise<unknown> {
  const { name, timeoutSeconds } = question;
  const fill = (text: string): string =>
    text.replaceAll(REFERENCE, (_, variable: string) => {
      const value = environment(variable);
      if (value) return value;
      const why = `${name} needs the environment variable ${variable}, which is not set: set it and start Elevate again`;
      throw new Outage('permanent', why);
    });
  const address = addressOf(fill(question.url), name);
  const headers = new Headers({ accept: 'application/json' });
  try {
    for (const [header, value] of question.headers) headers.set(header, fill(value));
  } catch (error) {
    if (error instanceof Outage) throw error;
    throw new Outage('permanent', `${name} has a header that cannot be sent: look for line breaks in it`);
  }
  const signal = AbortSignal.timeout(timeoutSeconds * 1_000);
  try {
    const response = await fetch(address, { headers, signal, redirect: 'manual' });
    if (response.status !== 200) {
      await response.body?.cancel();
      const status = response.status;
      const told =
        status >= 300 && status < 400 ? 'answered with a redirect, which is not followed' : `answered ${status}`;
      throw new Outage(status >= 500 || status === 429 ? 'transient' : 'permanent', `${name} ${told}`);
    }
    return parse(await readLimited(response, question), name);
  } catch (error) {
    if (error instanceof Outage) throw error;
    if (signal.aborted) throw new Outage('transient', `${name} did not answer within ${timeoutSeconds} s`);
    throw new Outage('transient', `${name} cannot be reached (${codeOf(error)})`);
  }
}

function addressOf(text: string, name: string): URL {
  const address = URL.canParse(text) ? new URL(text) : null;
  const safe = address?.protocol === 'https:' || (address?.protocol === 'http:' && LOOPBACK.test(address.hostname));
  if (!address || !safe) {
    throw new Outage(
      'permanent',
      `the address of ${name} is not one that begins with https:// (or http:// on this machine)`,
    );
  }
  // fetch refuses credentials in an address; they are given as the header that they stand for.
  if (address.username !== '' || address.password !== '') {
    throw new Outage('permanent', `the address of ${name} holds a user name or password: use a header instead`);
  }
  return address;
}

async function readLimited(response: Response, { maxBytes, name }: JsonQuestion): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the body, so nothing more of it is read.
    if (size > maxBytes) throw new Outage('permanent', `the answer of ${name} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Outage('permanent', `the answer of ${name} is not JSON`);
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'network error';
}
