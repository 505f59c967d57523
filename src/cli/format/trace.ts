import type { PolicyDecision, RuleVerdict } from '../../domain/policy/types.ts';

const MARK: Readonly<Record<RuleVerdict['verdict'], string>> = {
  matched: '✓',
  not_matched: '·',
  error: '!',
  not_reached: ' ',
};

/** Every rule in the order of evaluation, with what its condition read: lines for a terminal. */
export function traceLines({ trace }: PolicyDecision): string[] {
  return trace.flatMap((each) => {
    const kind = each.kind === 'rule' ? '' : ` (${each.kind.replaceAll('_', ' ')})`;
    const verdict = each.verdict === 'not_reached' ? 'not reached' : each.verdict.replace('_', ' ');
    const head = `${MARK[each.verdict]} ${each.name}${kind}: ${verdict}${each.applied ? `, so it ${does(each)}` : ''}`;
    if (each.verdict === 'not_reached') return [head];
    const when = each.condition === null ? 'always' : `when ${each.condition}`;
    const values = Object.entries(each.values).map(([path, value]) => `${path} = ${JSON.stringify(value)}`);
    return [
      head,
      `    ${when}`,
      ...values.map((line) => `    ${line}`),
      ...(each.error ? [`    error: ${each.error}`] : []),
    ];
  });
}

function does({ effect }: RuleVerdict): string {
  switch (effect) {
    case 'approve':
      return 'approves';
    case 'deny':
      return 'denies';
    case 'require':
      return 'asks people';
    case 'limit':
      return 'limits';
  }
}
