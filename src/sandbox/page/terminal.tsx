import { useEffect, useRef, useState } from 'react';
import type { ShownRun, ShownTerminal } from '../server/snapshot.ts';
import { act } from './api.ts';
import { useClock } from './clock.tsx';
import { clockWithSeconds } from './dates.ts';
import { useFeedback } from './feedback.tsx';
import { DownIcon, TerminalIcon, UpIcon } from './icons.tsx';

interface Props {
  readonly terminal: ShownTerminal;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly repeats: boolean;
  readonly onRepeat: (repeats: boolean) => void;
}

const repeatMs = 2000;

/** The query on the target, as one person's own login: denied, then rows, then denied again. */
export function Terminal({ terminal, open, onOpen, repeats, onRepeat }: Props) {
  const { tell } = useFeedback();
  const [running, setRunning] = useState(false);
  const output = useRef<HTMLDivElement>(null);
  const last = terminal.runs.at(-1);

  useEffect(() => {
    if (!repeats) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void act('run', {});
    }, repeatMs);
    return () => clearInterval(timer);
  }, [repeats]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new answer scrolls into sight
  useEffect(() => {
    output.current?.scrollTo({ top: output.current.scrollHeight });
  }, [last?.number, open]);

  async function run(): Promise<void> {
    setRunning(true);
    const { problem } = await act('run', {});
    setRunning(false);
    tell(problem);
  }

  return (
    <section className={open ? 'terminal is-open' : 'terminal'} aria-label="Terminal">
      <header className="terminal-head">
        <TerminalIcon />
        <h2>
          {terminal.title}
          <span className="terminal-who"> as {terminal.who}</span>
        </h2>
        {last !== undefined && <Status run={last} />}
        <button
          type="button"
          className="icon-button"
          aria-expanded={open}
          aria-label={open ? 'Hide the terminal' : 'Show the terminal'}
          onClick={() => onOpen(!open)}
        >
          {open ? <DownIcon /> : <UpIcon />}
        </button>
      </header>
      {open && (
        <>
          {/* It scrolls, so the keyboard must reach it. */}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
          <div className="terminal-output" ref={output} tabIndex={0} role="log" aria-label="Answers of the target">
            {terminal.runs.length === 0 && <p className="terminal-empty">Nothing has been run yet.</p>}
            {terminal.runs.map((each) => (
              <Run key={each.number} run={each} statement={terminal.statement} />
            ))}
          </div>
          <div className="terminal-foot">
            <p className="terminal-prompt">
              <span className="run-sign" aria-hidden="true">
                $
              </span>
              <code>{terminal.statement}</code>
            </p>
            <label className="choice">
              <input type="checkbox" checked={repeats} onChange={(event) => onRepeat(event.target.checked)} />
              <span>Repeat every {repeatMs / 1000} seconds</span>
            </label>
            <button type="button" className="button button-terminal" onClick={run} disabled={running}>
              Run
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function Status({ run }: { readonly run: ShownRun }) {
  return (
    <span className={run.ok ? 'status status-ok' : 'status status-denied'}>{run.ok ? '✓ access' : '✕ no access'}</span>
  );
}

function Run({ run, statement }: { readonly run: ShownRun; readonly statement: string }) {
  const clock = useClock();
  const at = clock.at(run.firstAtMs);
  return (
    <div className="run">
      <p className="terminal-prompt">
        <span className="run-sign" aria-hidden="true">
          $
        </span>
        <code>{statement}</code>
      </p>
      {run.columns.length > 0 && (
        <table>
          <thead>
            <tr>
              {run.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {run.rows.map((row, index) => (
              // Rows of an answer have no identity beyond their order.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={run.columns[column]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className={run.ok ? 'run-text' : 'run-text run-error'}>{run.text}</p>
      <p className="run-time">
        <time dateTime={at.toISOString()}>{clockWithSeconds(at)}</time>
        {run.times > 1 && ` to ${clockWithSeconds(clock.at(run.lastAtMs))}, ${run.times} times`}
      </p>
    </div>
  );
}
