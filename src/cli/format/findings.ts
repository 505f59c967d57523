import { type Finding, findingText } from '../../domain/policy/finding.ts';

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];

/** Findings as people, programs, code scanning (SARIF 2.1.0) or GitHub's log read them. */
export function formatFindings(findings: readonly Finding[], format: Format): string {
  switch (format) {
    case 'text':
      return findings.length === 0 ? 'No findings.' : [...findings.map(findingText), summary(findings)].join('\n');
    case 'json':
      return JSON.stringify({ findings }, null, 2);
    case 'sarif':
      return JSON.stringify(sarif(findings), null, 2);
    case 'github':
      return findings.map(githubLine).join('\n');
  }
}

function summary(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): number => findings.filter((each) => each.severity === severity).length;
  const parts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const many = count(severity);
    return many === 0 ? [] : [`${many} ${severity}${many === 1 ? '' : 's'}`];
  });
  return `${parts.join(', ')}.`;
}

/** GitHub: "Workflow commands for GitHub Actions", setting an error message; values are escaped as its toolkit does. */
function githubLine({ severity, path, line, column, code, message, fix }: Finding): string {
  const command = severity === 'note' ? 'notice' : severity;
  const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  return `::${command} file=${property(path)},line=${line},col=${column},title=${property(code)}::${data(`${message} ${fix}`)}`;
}

/** OASIS: "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". */
function sarif(findings: readonly Finding[]): object {
  const rules = [...new Set(findings.map((each) => each.code))].sort();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'elevate policy check',
            rules: rules.map((id) => ({ id, shortDescription: { text: id.replaceAll('_', ' ') } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((each) => ({
          ruleId: each.code,
          ruleIndex: rules.indexOf(each.code),
          level: each.severity,
          message: { text: `${each.message} ${each.fix}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: each.path.split(/[\\/]/).map(encodeURIComponent).join('/') },
                region: { startLine: each.line, startColumn: each.column },
              },
            },
          ],
        })),
      },
    ],
  };
}
