import type { HomePages } from '../../usecases/home-of.ts';
import { type Actor, type Desk, explain, linksTo } from '../desk.ts';
import { homeView, linkedRequests, refusedHomeView } from './home.ts';
import type { Drawn } from './homes.ts';

/** Reads how things stand now, and publishes it. Throws `Outage`. */
export async function publishHome(
  desk: Desk,
  actor: Actor,
  pages: HomePages,
  hash: string | null,
): Promise<Drawn | 'overtaken'> {
  const facts = await desk.usecases().homeOf({ ...actor, pages });
  const view = facts.ok
    ? homeView(facts, await linksTo(desk, actor, linkedRequests(facts)), desk.text)
    : refusedHomeView(await explain(desk, actor, facts.refusal), desk.text);
  const published = await desk.screen.publishHome(actor.user, view, hash);
  if (published === null) return 'overtaken';
  return {
    hash: published,
    latest: facts.ok ? facts.latest : -1,
    seesAll: facts.ok && facts.admin !== null,
    shows: facts.ok ? facts.shows : new Set(),
  };
}
