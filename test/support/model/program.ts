import { Outage, type OutageKind, type Performed } from '../../../src/usecases/ports.ts';
import type { World } from './world.ts';

/** Jest runs tests in a context of their own, in which each look at a global is slow. */
const { stringify } = JSON;
const soon = setImmediate;

/** What a use case hears back. */
export type Answer =
  | { readonly value: unknown }
  | { readonly outage: { readonly kind: OutageKind; readonly message: string } };

export const answered = (value: unknown): Answer => ({ value });
const answers = new Map<unknown, Answer>();
const answersOf = new WeakMap<object, Answer>();
/** What is told of something, as the very same answer each time: such a one is found without a look at what it says. */
export function told<T>(of: T, tell: (of: T) => unknown = (value) => value): Answer {
  const [known, key] = typeof of === 'object' && of !== null ? [answersOf, of] : [answers, of];
  const there = (known as Map<unknown, Answer>).get(key);
  if (there) return there;
  const made = answered(tell(of));
  (known as Map<unknown, Answer>).set(key, made);
  return made;
}

/** One way in which a step can go. */
export interface Outcome {
  /** For the trace. */
  readonly label: string;
  readonly world: World;
  readonly answer: Answer;
}

/** One thing that a use case asks of the world outside, which is one step of the model. */
export interface Ask {
  readonly name: string;
  /** Every way it can go in this world, for the worker of this number. None: it has to wait. Throws `Unknown`. */
  readonly outcomes: (world: World, worker: number) => readonly Outcome[];
  /**
   * Whether nothing that anybody else can do before it makes a difference to it, nor it to that, nor any law sees it: then it is enough
   * to look at what follows when it comes at once (a persistent set of one worker).
   */
  readonly private?: (world: World, worker: number) => boolean;
  /** What else a crash at this very moment can leave behind, besides the world as it is. */
  readonly crashes?: (world: World, worker: number) => readonly Omit<Outcome, 'answer'>[];
}

/**
 * Thrown where the answer is what real code does, which was not run yet. Real code is asynchronous and the same again for the same
 * question: it runs once, and everything around it can be looked up as fast as a table.
 */
export class Unknown {
  readonly known: Promise<unknown>;
  constructor(known: Promise<unknown>) {
    this.known = known;
  }
}

/** What `look` comes to, begun again whenever it meets something unknown, once that is known. */
export async function known<T>(look: () => T): Promise<T> {
  for (;;) {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      await error.known;
    }
  }
}

export type AskFn = <T>(ask: Ask) => Promise<T>;
/** The real code, begun. It may know the world only through what it asks. */
export type Begin = (ask: AskFn) => Promise<Performed>;

/** A place in the real code: what it asks next, after everything that it was told so far. */
export interface Place {
  readonly id: number;
  readonly ask: Ask | null;
  /** What the work came to; null: it goes on. */
  readonly result: Performed | null;
}

interface Node extends Place {
  readonly begin: Begin;
  readonly told: readonly Answer[];
  readonly children: Map<string, Node>;
  /** The same, for an answer that is the very same value. */
  readonly byAnswer: Map<Answer, Node>;
  /** The code as it stands here; null once it has gone on from here, since it can do that only once. */
  run: Run | null;
}

interface Waiting {
  readonly ask: Ask;
  readonly answer: (answer: Answer) => void;
}

interface Run {
  readonly waiting: Waiting[];
  result: Performed | null;
}

/**
 * Use cases as trees: a node is a place in the code, an edge is what it was told there. JavaScript cannot copy a running function, so a
 * second edge out of a place begins the code anew and tells it the same again. That is right as long as the code is a function of
 * what it is told, which is why it may neither look at a clock nor throw dice.
 */
export class Programs {
  #nodes = 0;
  readonly #roots = new Map<string, Node>();

  /** Throws `Unknown`. */
  begin(name: string, begin: Begin): Place {
    const there = this.#roots.get(name);
    if (there) return there;
    throw new Unknown(
      started(begin).then((run) => {
        this.#roots.set(name, this.#node(begin, [], run));
      }),
    );
  }

  /** Throws `Unknown`. */
  next(place: Place, answer: Answer): Place {
    const node = place as Node;
    const there = node.byAnswer.get(answer) ?? node.children.get(stringify(answer));
    if (!there) throw new Unknown(this.#goOn(node, answer));
    node.byAnswer.set(answer, there);
    return there;
  }

  async #goOn(node: Node, answer: Answer): Promise<void> {
    const run = node.run ?? (await replayed(node));
    node.run = null;
    await tell(run, answer);
    node.children.set(stringify(answer), this.#node(node.begin, [...node.told, answer], run));
  }

  #node(begin: Begin, told: readonly Answer[], run: Run): Node {
    this.#nodes += 1;
    const ask = run.result ? null : (run.waiting[0]?.ask ?? null);
    if (!ask && !run.result) throw new Error('The code waits for something that it did not ask of the model');
    return { id: this.#nodes, ask, result: run.result, begin, told, children: new Map(), byAnswer: new Map(), run };
  }
}

async function started(begin: Begin): Promise<Run> {
  const run: Run = { waiting: [], result: null };
  const ask = <T>(asked: Ask): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const answer = (given: Answer): void => {
        if ('value' in given) resolve(given.value as T);
        else reject(new Outage(given.outage.kind, given.outage.message));
      };
      run.waiting.push({ ask: asked, answer });
    });
  begin(ask).then(
    (result) => {
      run.result = result;
    },
    // As the runner does with what a performer throws.
    (error: unknown) => {
      run.result = { done: false, retryInMs: 0, error: String(error) };
    },
  );
  await quiet();
  return run;
}

async function replayed(node: Node): Promise<Run> {
  const run = await started(node.begin);
  for (const answer of node.told) await tell(run, answer);
  if (run.waiting[0]?.ask.name !== node.ask?.name) {
    const [was, is] = [node.ask?.name, run.waiting[0]?.ask.name];
    throw new Error(`Told the same, the code asked for '${is}' where it had asked for '${was}'`);
  }
  return run;
}

async function tell(run: Run, answer: Answer): Promise<void> {
  run.waiting.shift()?.answer(answer);
  await quiet();
}

/** Resolves when the code has come to its next question: everything else that it does is done in microtasks. */
const quiet = (): Promise<void> => new Promise((resolve) => soon(resolve));
