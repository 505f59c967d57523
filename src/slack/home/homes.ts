import type { SlackUserId, WorkspaceId } from '../../domain/ids.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { HOMES_MAX } from '../limits.ts';

/** Whose Home it is. */
interface Actor {
  readonly workspace: WorkspaceId;
  readonly user: SlackUserId;
}

export interface Homes {
  /** Draws somebody's Home now, and keeps it up to date from then on. */
  show(actor: Actor): Promise<void>;
  /** Something changed: the Homes that tell of it and have been opened are drawn anew. Never throws. */
  changed(view: RequestView): void;
}

interface Opened {
  readonly actor: Actor;
  /** Whether it shows everybody's access. */
  seesAll: boolean;
  /** The drawing under way. */
  drawing: Promise<void> | null;
  again: boolean;
}

/**
 * One drawing per person at a time, so that an older state never overwrites a newer one: what changes meanwhile is drawn after it.
 * `draw` publishes the present state and tells whether it was everybody's.
 */
export function createHomes(draw: (actor: Actor) => Promise<boolean>, onError: (error: unknown) => void): Homes {
  const opened = new Map<SlackUserId, Opened>();

  function redraw(home: Opened): Promise<void> {
    home.again = true;
    home.drawing ??= run(home).finally(() => {
      home.drawing = null;
    });
    return home.drawing;
  }

  async function run(home: Opened): Promise<void> {
    while (home.again) {
      home.again = false;
      home.seesAll = await draw(home.actor);
    }
  }

  return {
    show(actor) {
      const home = opened.get(actor.user) ?? { actor, seesAll: false, drawing: null, again: false };
      // The one that was looked at last stays longest.
      opened.delete(actor.user);
      opened.set(actor.user, home);
      const oldest = opened.keys().next().value;
      if (opened.size > HOMES_MAX && oldest !== undefined) opened.delete(oldest);
      return redraw(home);
    },
    changed({ request, approvers }) {
      const concerned = new Set<SlackUserId>([
        request.requester.slackUserId,
        ...approvers,
        ...request.decisions.map((decision) => decision.by.slackUserId),
      ]);
      for (const [user, home] of opened) {
        // A request that is decided leaves the lists of all who could have decided it, and they are not known any more.
        const mayShow = home.seesAll || concerned.has(user) || request.stages.length > 0;
        if (mayShow) redraw(home).catch(onError);
      }
    },
  };
}
