import type { FactProvider } from './types.ts';

/** What the address of a fact provider may ask about: `{name}` in its path or query, percent-encoded when it is filled in. */
export const URL_PLACEHOLDERS = [
  'requester.email',
  'requester.id',
  'role',
  'resource',
  'environment',
  'ticket',
] as const;
export type UrlPlaceholder = (typeof URL_PLACEHOLDERS)[number];
export type UrlValues = { readonly [name in UrlPlaceholder]: string };

const PLACEHOLDER = /(?<!\$)\{([^{}]*)\}/g;
/** Scheme and host, or one reference that stands for them. */
const HOST_PART = /^(?:https?:\/\/[^/?#]*|\$\{[A-Za-z_][A-Za-z0-9_]*\}(?=[/?]|$))/;

/** What is wrong with the placeholders of an address, in a sentence; null: nothing. */
export function placeholderProblem(url: string): string | null {
  const host = HOST_PART.exec(url)?.[0] ?? url;
  if (/(?<!\$)\{/.test(host)) return 'a placeholder stands in the host of the address, which must be fixed';
  for (const [, name = ''] of url.matchAll(PLACEHOLDER)) {
    if (!isPlaceholder(name)) return `there is no placeholder {${name}}; there are ${URL_PLACEHOLDERS.join(', ')}`;
  }
  return null;
}

const isPlaceholder = (name: string): name is UrlPlaceholder => URL_PLACEHOLDERS.some((each) => each === name);

export const placeholdersOf = (url: string): readonly UrlPlaceholder[] =>
  [...url.matchAll(PLACEHOLDER)].map(([, name = '']) => name).filter(isPlaceholder);

/**
 * The address about one request; null when a value would change its path: `..` and an empty text are no part of a path that
 * somebody meant. References to secrets stay as they are.
 */
export function fillUrl(url: string, values: UrlValues): string | null {
  let usable = true;
  const filled = url.replace(PLACEHOLDER, (whole, name: string) => {
    if (!isPlaceholder(name)) return whole;
    const value = values[name];
    if (value === '' || value === '.' || value === '..') usable = false;
    // Half of a surrogate pair cannot be encoded.
    return encodeURIComponent(value.replace(/\p{Cs}/gu, '\ufffd'));
  });
  return usable ? filled : null;
}

const ABOUT_THE_REQUEST: ReadonlySet<string> = new Set(['role', 'resource', 'environment', 'ticket']);

/** Whether the answer depends on what is asked for, so that nobody can know it before somebody asks. */
export const dependsOnRequest = (provider: Pick<FactProvider, 'url'>): boolean =>
  placeholdersOf(provider.url).some((name) => ABOUT_THE_REQUEST.has(name));
