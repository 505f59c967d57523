import type { ShownRun, ShownTerminal } from './snapshot.ts';

/** What a query on the target gave. */
export interface TerminalAnswer {
  readonly ok: boolean;
  /** What the client prints: '3 rows', or 'ERROR:  permission denied for table orders'. */
  readonly text: string;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
}

export interface TerminalOptions {
  /** 'psql · orders on orders-db'. */
  readonly title: string;
  /** The query, as it is shown at the prompt. */
  readonly statement?: string;
  /** Whose login runs the query: 'dev' unless set. */
  readonly persona?: string;
  readonly run: (personaKey: string) => Promise<TerminalAnswer>;
}

const keptRuns = 100;
const shownRows = 50;

/** The terminal's past answers; equal answers in a row are counted rather than repeated. One query runs at a time. */
export function createTerminal(options: TerminalOptions, onChange: () => void) {
  const persona = options.persona ?? 'dev';
  const runs: ShownRun[] = [];
  let count = 0;
  let running: Promise<void> | undefined;

  function keep(answer: TerminalAnswer): void {
    const { columns, rows } = table(answer);
    const atMs = Date.now();
    const last = runs.at(-1);
    const same =
      last !== undefined && last.ok === answer.ok && last.text === answer.text && equal(last, { columns, rows });
    if (same) runs[runs.length - 1] = { ...last, lastAtMs: atMs, times: last.times + 1 };
    else {
      count += 1;
      runs.push({
        number: count,
        ok: answer.ok,
        text: answer.text,
        columns,
        rows,
        firstAtMs: atMs,
        lastAtMs: atMs,
        times: 1,
      });
      if (runs.length > keptRuns) runs.shift();
    }
    onChange();
  }

  async function run(): Promise<void> {
    try {
      keep(await options.run(persona));
    } catch (error) {
      keep({ ok: false, text: error instanceof Error ? error.message : String(error) });
    }
  }

  return {
    persona,
    runs: (): readonly ShownRun[] => runs,
    /** A query that is running already serves everybody who asks meanwhile. */
    async run(): Promise<void> {
      running ??= run().finally(() => {
        running = undefined;
      });
      await running;
    },
    shown: (who: string): ShownTerminal => ({
      title: options.title,
      statement: options.statement ?? '',
      who,
      runs: [...runs],
    }),
  };
}

function table(answer: TerminalAnswer): { columns: string[]; rows: string[][] } {
  const given = (answer.rows ?? []).slice(0, shownRows);
  const columns = [...new Set(given.flatMap((row) => Object.keys(row)))];
  return { columns, rows: given.map((row) => columns.map((column) => cell(row[column]))) };
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const equal = (run: ShownRun, answer: Pick<ShownRun, 'columns' | 'rows'>): boolean =>
  JSON.stringify([run.columns, run.rows]) === JSON.stringify([answer.columns, answer.rows]);
