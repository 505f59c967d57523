import type { Json } from '../../src/domain/json.ts';
import type { Connector, Holding } from '../../src/usecases/ports.ts';

/** What a connector's own test gives the shared suite: its real target, and ways to disturb it. */
export interface ConnectorHarness {
  readonly type: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** An access that nobody holds, on the target that `start` started. `awkward`: names with quotes, spaces, capitals and umlauts. */
  access(names?: 'plain' | 'awkward'): Promise<AccessUnderTest>;
}

export interface AccessUnderTest {
  readonly entitlement: unknown;
  /** Another role of a policy that is the same access on the target. */
  readonly overlapping: unknown;
  readonly subject: string;
  /** What no error may contain. */
  readonly secrets: readonly string[];
  readonly network: Network;
  /** Somebody else on the same entitlement, given by the same grantor of ours, who holds nothing. */
  another(): Promise<AccessUnderTest>;
  /** Makes the target refuse to take it away from this subject, and from nobody else; only where a target can. */
  entangle?(): Promise<void>;
  /** A connector as one more process would open it. The harness closes it. */
  open(): Connector;
  /** Who holds the access, asked of the target itself and not through the connector. */
  held(): Promise<Holding>;
  /** Whether the subject gets what the access is for. */
  works(): Promise<boolean>;
  /** Gives the access by our own grantor, as if it had always been so; `other`: at a level no grant asks for. */
  holdBefore(level: 'same' | 'other'): Promise<Json>;
  /** Takes away what our grantor gave, as somebody on the target does who knows nothing of us. */
  removeByHand(): Promise<void>;
  /** Gives it by another grantor. */
  grantByAnother(): Promise<void>;
  renameSubject(): Promise<void>;
  /** Drops the subject and makes another one of the same name, which holds the access by our grantor. */
  recreateSubject(): Promise<void>;
  /** The target stops letting us grant. */
  forbid(): Promise<void>;
  /** Lets the connector see use, where the target asks for a right of its own; only of those that observe use. */
  allowToObserve?(): Promise<void>;
  /** The target takes no writes to this access until the returned function is called. */
  block(): Promise<() => Promise<void>>;
  /** Resolves when somebody waits for the lock of this access. */
  somebodyWaits(): Promise<void>;
  /** Resolves when nothing that was under way on the target is any longer. */
  quiet(): Promise<void>;
  /** An open session of the subject that uses the access. */
  openSession(): Promise<SessionUnderTest>;
}

export interface SessionUnderTest {
  works(): Promise<boolean>;
  alive(): Promise<boolean>;
}

export interface Network {
  down(): void;
  up(): void;
  /** Connections are taken and nothing answers. */
  silence(): void;
  slow(milliseconds: number): void;
  /** Another server of the same kind, with the same names on it, behind the same address. */
  anotherServer(): Promise<void>;
  /** The next change of the access meets this on its way; see `Fault`. */
  failNextChange(fault: 'lost' | 'answer_lost' | 'stuck'): void;
  /** Resolves when that change came. */
  changeCame(): Promise<void>;
  release(): void;
  /** Everything under way breaks, as when our process dies. */
  crash(): void;
}
