import { readPage } from '../button-value.ts';
import type { Desk } from '../desk.ts';
import type { Click } from './click.ts';

/** Earlier or later rows of one list on a Home. */
export async function turnPage(desk: Desk, click: Click): Promise<void> {
  const place = readPage(click.value);
  if (place !== null) await desk.homes.turn(click.actor, place.list, place.page);
}
