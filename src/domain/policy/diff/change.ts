/**
 * `loosens`: somebody can have more, sooner or with fewer people asked. `tightens`: the opposite. `both`: each for some. `changes`: it is
 * different, and nobody can say from the policy alone in which direction.
 */
export type Direction = 'loosens' | 'tightens' | 'both' | 'changes';

/** One difference in meaning between two policies. */
export interface Change {
  readonly direction: Direction;
  /** What it is about, such as `role orders-db/admin` or `group dba`. */
  readonly subject: string;
  /** What is different, in one sentence without its end. */
  readonly what: string;
}

export const together = (loosens: boolean, tightens: boolean): Direction | null =>
  loosens && tightens ? 'both' : loosens ? 'loosens' : tightens ? 'tightens' : null;
