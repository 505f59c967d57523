/** A file of the policy, and the place of the rule that was asked for. */
export interface PolicyText {
  /** As it is called in the project: 'policies/orders.yml'. */
  readonly path: string;
  readonly text: string;
  /** First line of the rule, from 1. */
  readonly line?: number;
}

/** The policy with numbered lines and the deciding rule marked. Plain HTML, so that it needs no script. */
export function policyPage(policy: PolicyText, rule: string | undefined): string {
  const lines = policy.text.replace(/\n$/, '').split('\n');
  const last = policy.line === undefined ? 0 : lastLineOf(lines, policy.line);
  const isMarked = (number: number): boolean => policy.line !== undefined && number >= policy.line && number <= last;
  const rows = lines
    .map((line, index) => {
      const number = index + 1;
      const marked = isMarked(number) ? ' class="marked"' : '';
      return `<li id="${number === policy.line ? 'rule' : `L${number}`}"${marked}><code>${colour(line)}</code></li>`;
    })
    .join('\n');
  const heading =
    rule === undefined
      ? 'The whole file.'
      : policy.line === undefined
        ? `The rule “${escapeHtml(rule)}” is not in the policy any more.`
        : `The rule that decided: “${escapeHtml(rule)}”, <a href="#rule">line ${policy.line}</a>.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(policy.path)} · Elevate sandbox</title>
<link rel="stylesheet" href="/policy.css">
</head>
<body>
<header><h1>${escapeHtml(policy.path)}</h1><p>${heading}</p></header>
<main><ol>
${rows}
</ol></main>
</body>
</html>
`;
}

/** A rule ends where the next line stands no deeper than its first; blank lines at its end don't belong to it. */
function lastLineOf(lines: readonly string[], first: number): number {
  const depth = indentOf(lines[first - 1] ?? '');
  let last = first;
  for (let number = first + 1; number <= lines.length; number += 1) {
    const line = lines[number - 1] ?? '';
    if (line.trim() === '') continue;
    if (indentOf(line) <= depth) break;
    last = number;
  }
  return last;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Comments and keys stand out; everything else is as it was written. */
function colour(line: string): string {
  if (/^\s*#/.test(line)) return `<span class="comment">${escapeHtml(line)}</span>`;
  const keyed = /^(\s*(?:- )?)([\w./-]+)(:)(.*)$/.exec(line);
  if (keyed === null) return escapeHtml(line) || ' ';
  const [, before = '', key = '', colon = '', rest = ''] = keyed;
  return `${escapeHtml(before)}<span class="key">${escapeHtml(key)}</span>${colon}${escapeHtml(rest)}`;
}

function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export const policyStyle = `
:root { color-scheme: light dark; --text: #1d1c1d; --soft: #616061; --page: #fff; --line: #e3e3e6; --mark: #fff3c4; --edge: #b77e00; --key: #0b5a8f; }
@media (prefers-color-scheme: dark) {
  :root { --text: #d9dadd; --soft: #a5a8ad; --page: #17191d; --line: #33363b; --mark: #42380f; --edge: #e0b13a; --key: #8cc8f2; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { padding: 20px 24px; border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 1; background: var(--page); }
h1 { margin: 0; font: 600 16px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
p { margin: 4px 0 0; color: var(--soft); }
a { color: inherit; }
main { overflow-x: auto; }
ol { margin: 0; padding: 12px 0 40px; list-style: none; counter-reset: line; font: 13px/1.6 ui-monospace, monospace; min-width: max-content; }
li { counter-increment: line; padding: 0 24px 0 64px; position: relative; border-left: 4px solid transparent; white-space: pre; scroll-margin-top: 120px; }
li::before { content: counter(line); position: absolute; left: 0; width: 44px; text-align: right; color: var(--soft); user-select: none; }
li.marked { background: var(--mark); border-left-color: var(--edge); }
code { font: inherit; }
.comment { color: var(--soft); }
.key { color: var(--key); }
`;
