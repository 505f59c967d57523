import type { Bench, Row } from './bench.ts';

/** The figures for people: one line each, and whether the goal was met. */
export function tableOf(rows: readonly Row[], benches: readonly Bench[]): string {
  const lines = [['bench', 'measured', 'floor', 'ratio', 'goal', '']];
  for (const { name, unit, measured, floor, ratio } of rows) {
    const goal = benches.find((bench) => bench.name === name)?.goal;
    lines.push([
      name,
      `${measured} ${unit}`,
      `${floor} ${unit}`,
      `${ratio}×`,
      goal === undefined ? '' : `≤ ${goal}×`,
      goal === undefined || ratio <= goal ? '' : 'missed',
    ]);
  }
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
  );
  return `${padded.map((line) => line.join('  ').trimEnd()).join('\n')}\n`;
}
