/** Where something stands in a policy file. Lines and columns count from 1. */
export interface Location {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}
