/** What a command says and where it stands. Tests bring their own. */
export interface Io {
  /** One line, or several, for standard output. */
  readonly out: (text: string) => void;
  /** The same for standard error: everything that is not the result. */
  readonly err: (text: string) => void;
  /** The process's environment, a `.env` file included. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What every command ends with, for pipelines. */
export const EXIT = {
  ok: 0,
  /** The command worked, and what it looked for is there: findings, failing tests, a change that was not to be. */
  found: 1,
  /** It was called wrongly, or something it needs cannot be read. */
  usage: 2,
  /** A database or Slack did not answer. */
  outage: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How a command tells its exit code: 0 unless it says otherwise. */
export type End = (code: ExitCode) => void;

/** Ends a command with a sentence for people. */
export class CliProblem extends Error {
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.usage) {
    super(message);
    this.name = 'CliProblem';
    this.exitCode = exitCode;
  }
}

/** Shown below the options of every command. */
export const EXIT_HELP = (found: string): string =>
  `\nExit codes: 0 fine, 1 ${found}, 2 called wrongly or not readable, 3 a database or Slack did not answer.`;
