import { build } from './build.ts';
import { compilePolicy } from './compile.ts';
import type { ConnectorSchemas } from './connector-schemas.ts';
import { type Finding, finding, hasErrors, inOrder } from './finding.ts';
import { gather, type PolicyFile } from './gather.ts';
import { MAX_FINDINGS } from './limits.ts';
import { expandTemplates } from './template.ts';
import type { Policy } from './types.ts';

export type { ConnectorSchemas, PolicyFile };

export type LoadResult =
  | { readonly ok: true; readonly policy: Policy; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Makes a policy of the files of a directory; files that end in `.test.yaml` and others that are no YAML are passed over. Never
 * throws, whatever the files hold: a policy with an error is refused with every finding, in the order of the files.
 */
export function loadPolicy(files: readonly PolicyFile[], connectorTypes: ConnectorSchemas): LoadResult {
  const gathered = gather(files);
  if (!gathered.sections || hasErrors(gathered.findings)) return refused(gathered.findings);
  const expanded = expandTemplates(gathered.sections);
  const { built, findings } = build(gathered.sections, connectorTypes);
  const all = [...gathered.findings, ...expanded, ...findings];
  if (hasErrors(all)) return refused(all);
  return { ok: true, policy: compilePolicy(built), findings: inOrder(all) };
}

function refused(findings: readonly Finding[]): LoadResult {
  const ordered = inOrder(findings);
  const left = ordered.length - MAX_FINDINGS;
  const last = ordered[MAX_FINDINGS - 1];
  if (left <= 0 || !last) return { ok: false, findings: ordered };
  const more = finding(
    'error',
    'limit_exceeded',
    last,
    `There are ${left} more findings.`,
    'Mend the first ones and try again.',
  );
  return { ok: false, findings: [...ordered.slice(0, MAX_FINDINGS), more] };
}
