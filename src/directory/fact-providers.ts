import type { Facts, Unavailable } from '../domain/policy/facts.ts';
import type { PROVIDED_FACT_TYPES } from '../domain/policy/labels.ts';
import { fillUrl } from '../domain/policy/provider-url.ts';
import type { FactProvider } from '../domain/policy/types.ts';
import type { FactQuestion } from '../usecases/ports.ts';
import { type Environment, fetchJson } from './fetch-json.ts';
import { createKeeper } from './keep.ts';
import { unavailable } from './unavailable.ts';

type Provided = Facts['provided'];
type Answers = ReadonlyMap<string, unknown>;

/**
 * Asks the policy's fact providers, side by side. A provider answers GET with one JSON object that has a member for each fact it
 * declares. Never throws: what did not come, or came in another type, is unavailable with why.
 */
export function createFactProviders(environment: Environment, now: () => number) {
  const keep = createKeeper<Answers>(now);

  async function ask(provider: FactProvider, url: string): Promise<Answers> {
    const answer = await fetchJson({ ...provider, name: `fact provider ${provider.name}`, url }, environment);
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return new Map();
    return new Map(Object.entries(answer));
  }

  async function factsOf(provider: FactProvider, about: FactQuestion): Promise<[string, Provided[string]][]> {
    const all = (why: Unavailable): [string, Provided[string]][] =>
      [...provider.facts.keys()].map((fact) => [fact, why]);
    const url = fillUrl(provider.url, {
      'requester.email': about.requester.email,
      'requester.id': about.requester.slackUserId,
      role: about.role?.key ?? '',
      resource: about.role?.resource.name ?? '',
      environment: about.role?.resource.environment ?? '',
      ticket: about.ticket ?? '',
    });
    const needs = `fact provider ${provider.name} needs something that the request does not have, such as a ticket`;
    if (url === null) return all({ unavailable: needs, lasting: true });
    try {
      const key = JSON.stringify([provider.name, url, [...provider.headers], [...provider.facts]]);
      const answers = await keep(key, provider.cacheSeconds, () => ask(provider, url));
      return [...provider.facts].map(([fact, type]) => [fact, typed(answers.get(fact), type, provider.name)]);
    } catch (error) {
      return all(unavailable(error));
    }
  }

  return async (providers: readonly FactProvider[], about: FactQuestion): Promise<Provided> =>
    Object.fromEntries((await Promise.all(providers.map((provider) => factsOf(provider, about)))).flat());
}

function typed(value: unknown, type: (typeof PROVIDED_FACT_TYPES)[number], provider: string): Provided[string] {
  if (value === undefined) return { unavailable: `fact provider ${provider} did not say it`, lasting: true };
  if (type === 'bool' && typeof value === 'boolean') return value;
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'int' && typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (type === 'double' && typeof value === 'number') return value;
  return { unavailable: `fact provider ${provider} did not answer with a ${type}`, lasting: true };
}
