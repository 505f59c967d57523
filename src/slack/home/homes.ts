import type { RequestId, SlackUserId, WorkspaceId } from '../../domain/ids.ts';
import type { HomeList, HomePages } from '../../usecases/home-of.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { HOME_TRIES, HOMES_MAX } from '../limits.ts';

/** Whose Home it is. */
interface Actor {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

/** What was published last. */
export interface Drawn {
  /** Slack's name for that state of the view. */
  readonly hash: string;
  /** Every audit event up to this one is in it. */
  readonly latest: number;
  /** Whether it shows everybody's access. */
  readonly seesAll: boolean;
  /** The requests in its lists, on whatever page. */
  readonly shows: ReadonlySet<RequestId>;
}

export interface Homes {
  /** Draws somebody's Home now, and keeps it up to date from then on. Never throws: what fails is tried again soon. */
  show(actor: Actor): Promise<void>;
  /** Shows another page of one of its lists. Never throws. */
  turn(actor: Actor, list: HomeList, page: number): Promise<void>;
  /**
   * A request changed: the Homes that tell of it and have been opened are drawn anew. `event`: which audit event told of it, so that a Home which
   * has it already is left alone. Never throws.
   */
  changed(view: RequestView, event?: number): void;
  /** How many Homes are kept up to date. */
  count(): number;
  /** Anything may have changed. Never throws. */
  allChanged(): void;
  /** Something changed that only admins see. Never throws. */
  watchChanged(): void;
}

interface Opened {
  readonly actor: Actor;
  pages: HomePages;
  drawn: Drawn | null;
  /** The drawing under way. */
  drawing: Promise<void> | null;
  /** The audit event that is to be drawn, or ANY for whatever there is; null: nothing. */
  wanted: number | null;
  /** Drawings that failed since the last that went well. */
  failed: number;
}

interface Parts {
  /**
   * Publishes the present state, if what stands there still has this hash (null: whatever stands there). `overtaken`: another
   * process published meanwhile.
   */
  readonly draw: (actor: Actor, pages: HomePages, hash: string | null) => Promise<Drawn | 'overtaken'>;
  readonly onError: (error: unknown) => void;
  /** Calls back after so many milliseconds of real time. */
  readonly later?: (work: () => void, milliseconds: number) => void;
}

const ANY = Number.POSITIVE_INFINITY;
/** Whether that is on it already. */
const shows = ({ drawn }: Opened, event: number): boolean => drawn !== null && event <= drawn.latest;

const afterAWhile = (work: () => void, milliseconds: number): void => void setTimeout(work, milliseconds).unref();

/**
 * One drawing per person at a time, so that an older state never overwrites a newer one: what changes meanwhile is drawn after it.
 * Against other processes the view's hash does the same: who was overtaken reads the state again before publishing.
 */
export function createHomes({ draw, onError, later = afterAWhile }: Parts): Homes {
  const opened = new Map<SlackUserId, Opened>();

  function redraw(home: Opened, event = ANY): Promise<void> {
    if (home.drawing === null && shows(home, event)) return Promise.resolve();
    home.wanted = Math.max(home.wanted ?? 0, event);
    home.drawing ??= run(home);
    return home.drawing;
  }

  async function run(home: Opened): Promise<void> {
    try {
      while (home.wanted !== null) {
        const { wanted } = home;
        home.wanted = null;
        if (!shows(home, wanted)) await drawOnce(home);
      }
      home.failed = 0;
    } catch (error) {
      onError(error);
      home.failed += 1;
      if (home.failed < HOME_TRIES) later(() => void redraw(home), 1_000 * 4 ** (home.failed - 1));
      else home.failed = 0;
    } finally {
      // In the same breath as the last look at `wanted`: what changes from here on begins a drawing of its own.
      home.drawing = null;
    }
  }

  async function drawOnce(home: Opened): Promise<void> {
    const hash = home.drawn?.hash ?? null;
    // Whatever stands there now is older than what is read after it.
    let drawn = await draw(home.actor, home.pages, hash);
    if (drawn === 'overtaken') drawn = await draw(home.actor, home.pages, null);
    home.drawn = drawn === 'overtaken' ? null : drawn;
  }

  function open(actor: Actor): Opened {
    const known = opened.get(actor.user);
    const home = known ?? { actor, pages: {}, drawn: null, drawing: null, wanted: null, failed: 0 };
    // The one that was looked at last stays longest.
    opened.delete(actor.user);
    opened.set(actor.user, home);
    const oldest = opened.keys().next().value;
    if (opened.size > HOMES_MAX && oldest !== undefined) opened.delete(oldest);
    return home;
  }

  return {
    show: (actor) => redraw(open(actor)),
    turn(actor, list, page) {
      const home = open(actor);
      home.pages = { ...home.pages, [list]: page };
      return redraw(home);
    },
    changed({ request, approvers }, event) {
      const concerned = new Set<SlackUserId>([request.requester.slackUserId, ...approvers]);
      for (const [user, home] of opened) {
        // A request that is decided leaves the lists that it was on.
        const { seesAll, shows } = home.drawn ?? { seesAll: true, shows: new Set() };
        if (seesAll || concerned.has(user) || shows.has(request.id)) void redraw(home, event);
      }
    },
    count: () => opened.size,
    allChanged() {
      for (const home of opened.values()) void redraw(home);
    },
    watchChanged() {
      for (const home of opened.values()) if (home.drawn?.seesAll !== false) void redraw(home);
    },
  };
}
