import { type Finding, finding } from './finding.ts';
import type { Place } from './issues.ts';
import type { Path } from './yaml.ts';

const REFERENCE = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/g;
const SECRET_KEY =
  /(?:pass(?:word|wd|phrase)?|secret|token|credentials?|api_?key|private_?key|authorization|signing)$/i;
/** Forms that only secrets have: Slack, GitHub, AWS, PagerDuty-like and PEM keys, and web tokens. */
const SECRET_FORM =
  /xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|AKIA[0-9A-Z]{16}|hvs\.\w{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{10,}\.[\w-]{10,}\./;
const PASSWORD_IN_URL = /:\/\/[^/\s:@]*:([^@\s/]+)@/;
const REFERENCE_FORM = '$' + '{NAME}';
const FIX = `Put the secret into the environment variable NAME and write "${REFERENCE_FORM}" here.`;

/** Secrets that stand in the policy as they are. They belong into the environment; a policy holds references. */
export function literalSecrets(data: unknown, place: Place, what: string): Finding[] {
  const findings: Finding[] = [];
  walk(data, [], (text, path) => {
    const key = String(path.at(-1) ?? '');
    if (!isSecret(key, text)) return;
    findings.push(
      finding('error', 'literal_secret', place.locate(path), `${what}: '${key}' holds a secret as it is.`, FIX),
    );
  });
  return findings;
}

function isSecret(key: string, text: string): boolean {
  const withoutReferences = text.replace(REFERENCE, '');
  if (SECRET_FORM.test(text)) return true;
  const password = PASSWORD_IN_URL.exec(text)?.[1];
  if (password !== undefined && password.replace(REFERENCE, '') !== '') return true;
  // Beside a reference only the name of the scheme may stand, as in "Bearer ${TOKEN}" or "Token token=${TOKEN}".
  if (!SECRET_KEY.test(key)) return false;
  const rest = withoutReferences.replace(/^(?:bearer|basic|token|token token=|genie?key|api-?key)?\s*$/i, '').trim();
  return text.trim() !== '' && (rest !== '' || withoutReferences === text);
}

function walk(data: unknown, path: Path, see: (text: string, path: Path) => void): void {
  if (typeof data === 'string') see(data, path);
  else if (Array.isArray(data)) data.forEach((item, index) => void walk(item, [...path, index], see));
  else if (typeof data === 'object' && data !== null) {
    for (const [key, value] of Object.entries(data)) walk(value, [...path, key], see);
  }
}
