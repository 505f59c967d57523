/** What the hostile words of `worst-case.ts` would do if somebody forgot to escape them. */
const LIVE = ['<!channel>', '<@U0BOSS>', '<https://evil'];
/** These are spoken, typed or kept for us, as they stand. */
const NO_MARKUP = ['accessibility_label', 'private_metadata', 'initial_value', 'value'];

/** What people wrote must not page anyone or become a link, wherever Slack reads markup: each place that does. */
export function liveMarkup(sent: unknown): string[] {
  const said = JSON.stringify(sent, (key, value: unknown) => (NO_MARKUP.includes(key) ? undefined : value)) ?? '';
  return LIVE.filter((each) => said.includes(each)).map(
    (each) => `${each} is live in ${said.slice(Math.max(0, said.indexOf(each) - 80), said.indexOf(each) + 40)}`,
  );
}
