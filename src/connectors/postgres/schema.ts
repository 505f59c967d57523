import { z } from 'zod';
import { isReference, referencesIn, replaceReferences } from '../secrets.ts';
import { MAX_NAME_BYTES } from './limits.ts';

const PLACEHOLDER = 'elevate-secret-placeholder';
/** Query parameters of a connection URL whose value is a secret. */
const SECRET_PARAMETERS = ['password'];

/** `url`: a `${NAME}` reference to a whole postgres:// URL, or such a URL whose password is a reference. */
export const connectionSchema = z.strictObject({
  url: z
    .string()
    .max(2_000)
    .superRefine((url, context) => {
      const problem = problemOf(url);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
});

function problemOf(url: string): string | null {
  const expected = `write "\${NAME}", or postgres://user:\${NAME}@host:5432/database, with NAME being an environment variable`;
  if (isReference(url)) return null;
  if (referencesIn(url).length === 0 && url.includes('${'))
    return `A reference has letters, digits and _ in its name: ${expected}`;
  const parsed = parseUrl(replaceReferences(url, () => PLACEHOLDER));
  if (!parsed) return `This is not a postgres:// URL: ${expected}`;
  const secrets = [parsed.password, ...SECRET_PARAMETERS.map((name) => parsed.searchParams.get(name) ?? '')];
  return secrets.every((value) => value === '' || value === PLACEHOLDER)
    ? null
    : `A password may not stand in a policy: ${expected}`;
}

/** null when the text is not a URL of PostgreSQL. */
export function parseUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && (url.protocol === 'postgres:' || url.protocol === 'postgresql:') ? url : null;
}

const roleName = z
  .string()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES, `A role name has at most ${MAX_NAME_BYTES} bytes`)
  .refine((name) => !name.includes('\0'), 'A role name has no zero byte');

/**
 * Membership of one role. `inherit`: its rights count at once; `set`: SET ROLE works (PostgreSQL documentation, "GRANT").
 * There is no ADMIN: nobody elevated may hand the role on.
 */
export const entitlementSchema = z
  .strictObject({ role: roleName, inherit: z.boolean().default(true), set: z.boolean().default(true) })
  .refine(
    (entitlement) => entitlement.inherit || entitlement.set,
    'With inherit and set both false the role gives nothing',
  );
export type PostgresEntitlement = z.infer<typeof entitlementSchema>;

/** The options of one membership, as they are noted and put back. */
export const levelSchema = z.strictObject({ admin: z.boolean(), inherit: z.boolean(), set: z.boolean() });
export type Level = Readonly<z.infer<typeof levelSchema>>;

export const sameLevel = (a: Level | null, b: Level | null): boolean =>
  a === null || b === null ? a === b : a.admin === b.admin && a.inherit === b.inherit && a.set === b.set;
