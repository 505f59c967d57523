import { compilePolicy, factTypesOf } from './compile.ts';
import type { PolicyData } from './data.ts';
import { createLanguage } from './language.ts';
import type { Policy } from './types.ts';

/**
 * A version that was kept, as it was: the same conditions give the same answers. Where its rules once stood is not kept. Throws
 * when the text is not canonical content that Elevate wrote.
 */
export function policyFromCanonical(canonical: string): Policy {
  const data = JSON.parse(canonical) as PolicyData | null;
  if (data?.apiVersion !== 'elevate/v1') throw new Error('This is not the canonical content of a policy.');
  const language = createLanguage({ groups: new Set(Object.keys(data.groups)), factTypes: factTypesOf(data) });
  const locations = { roles: new Map(), rules: new Map(), guardrails: [], duties: [] };
  return compilePolicy({ data, locations, language });
}
