import { Component, type ReactNode } from 'react';

interface Props {
  readonly children: ReactNode;
}

/** A message or view that cannot be drawn says so in its place; the rest of the page lives on. */
export class Boundary extends Component<Props, { readonly problem: string }> {
  override state = { problem: '' };

  static getDerivedStateFromError(error: unknown): { problem: string } {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    if (this.state.problem === '') return this.props.children;
    return <p className="unknown-element">The sandbox can’t draw this: {this.state.problem}</p>;
  }
}
