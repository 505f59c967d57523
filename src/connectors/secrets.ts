import { decodePercent } from '../domain/percent.ts';
import { Outage } from '../usecases/ports.ts';

/** The process's environment: where the values behind references are. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/** `${NAME}`: the only way a policy may mention a secret. */
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The value of an environment variable; null: it is not set, or empty. */
export const environmentValue = (name: string, env: NodeJS.ProcessEnv = environment()): string | null =>
  env[name] || null;

/** Names that a text refers to, each once, in order. */
export function referencesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(REFERENCE)].flatMap((match) => match[1] ?? []))];
}

/** Whether the text is nothing but one reference. */
export const isReference = (text: string): boolean => /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);

/** The text with each reference replaced by what `replacement` makes of its name. */
export function replaceReferences(text: string, replacement: (name: string) => string): string {
  return text.replaceAll(REFERENCE, (_, name: string) => replacement(name));
}

/**
 * The value behind a reference, from the environment. Missing and empty are the same to a target, so both are a `permanent`
 * Outage, which names the reference and never a value.
 */
export function secret(name: string, neededBy: string, env: NodeJS.ProcessEnv = environment()): string {
  const value = env[name];
  if (value === undefined || value === '') {
    throw new Outage(
      'permanent',
      `The environment variable ${name}, which connector ${neededBy} refers to, is not set. Set it and start Elevate again.`,
    );
  }
  return value;
}

/**
 * The values behind every reference of a text, such as a whole policy, and the password of each that is a URL: what logs have to
 * leave out. A reference that is not set has no value to hide.
 */
export function secretsIn(text: string, env: NodeJS.ProcessEnv = environment()): readonly string[] {
  const values = referencesIn(text).flatMap((name) => env[name] ?? []);
  const passwords = values.flatMap((value) => (URL.canParse(value) ? new URL(value).password : []));
  return [...values, ...passwords, ...passwords.map(decodePercent)].filter((value) => value !== '');
}
