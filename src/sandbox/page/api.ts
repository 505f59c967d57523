import type { Act, ActAnswer, ActName } from '../server/acts.ts';
import type { Option } from './values.ts';

export interface Answer {
  /** A sentence to show; undefined when all went well. */
  readonly problem: string | undefined;
  readonly options: readonly Option[];
}

/** Does something in a person's name. Never throws: what went wrong is the answer's `problem`. */
export async function act<N extends ActName>(name: N, body: Act<N>): Promise<Answer> {
  try {
    const response = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sandbox-page': '1' },
      body: JSON.stringify(body),
    });
    const answer: ActAnswer & { readonly error?: string } = await response.json();
    const options = (answer.options ?? []) as readonly Option[];
    return { problem: answer.error ?? answer.problem, options };
  } catch {
    return { problem: 'The sandbox doesn’t answer. Is the demo still running in its terminal?', options: [] };
  }
}
