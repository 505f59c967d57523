import type { Servers } from './servers.ts';

/** What was measured and what the least possible costs: both in this run, in the same unit. */
export interface Figures {
  readonly measured: number;
  readonly floor: number;
}

export interface Context {
  /** The real servers of the run; the first who asks starts them. */
  readonly servers: () => Promise<Servers>;
  /** Tells a person how it goes. Never on standard output, which belongs to the figures. */
  readonly say: (line: string) => void;
}

/** One figure and how it comes about. A module of this folder exports it, and list.ts names it. */
export interface Bench {
  /** Snake case: the row's name, which `--only` takes. */
  readonly name: string;
  readonly unit: string;
  /** The most that measured may be of the floor. */
  readonly goal?: number;
  /** Why it cannot run on this machine, and what to do; null: it can. */
  readonly missing?: () => string | null;
  /** Measures in rounds that alternate with those of the floor, so that both meet the same machine. Called once in a run. */
  run(context: Context): Promise<Figures>;
}

export interface Row extends Figures {
  readonly name: string;
  readonly unit: string;
  readonly ratio: number;
}
