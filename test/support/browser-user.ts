import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import axe from 'axe-core';
import type { ElementHandle, Page } from 'puppeteer-core';

const pollMs = 30;
const artefacts = join(import.meta.dirname, '..', 'artefacts');

/** Clicks it; false when the page drew itself anew meanwhile and it is no longer part of it. */
async function clicked(found: ElementHandle): Promise<boolean> {
  try {
    await found.click();
    return true;
  } catch (error) {
    if (/detached|not clickable|not an Element/i.test(String(error))) return false;
    throw error;
  }
}

/** Somebody in front of the page, who goes by what stands on it: words, names of buttons, where the focus is. */
export type User = ReturnType<typeof createUser>;

export function createUser(page: Page, url: string) {
  /**
   * Presses what has this accessible name, once it is there. While a dialog is open, only what is in it: nobody could press
   * anything else.
   */
  async function press(name: string): Promise<void> {
    const named = `::-p-aria([name="${name.replaceAll('"', '\\"')}"])`;
    const endsAtMs = Date.now() + page.getDefaultTimeout();
    while (Date.now() < endsAtMs) {
      const inside = (await page.$('dialog[open]')) === null ? 'body' : 'dialog[open]';
      const found = await page.$(`${inside} ${named}`);
      if (found !== null && (await clicked(found))) return;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await inVain(`There is nothing to press called '${name}'.`, undefined);
  }

  /** Presses it, where and while it is there, until the page shows the words: what it does may also come about by itself. */
  async function pressUntil(name: string, words: string): Promise<void> {
    const stop = new AbortController();
    const pressing = (async () => {
      while (!stop.signal.aborted) {
        const found = await page.$(`body ::-p-aria([name="${name}"])`);
        if (found !== null) await clicked(found);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    })();
    await sees(words).finally(() => stop.abort());
    await pressing;
  }

  /** Follows the link of the list to a channel. */
  async function follow(place: string): Promise<void> {
    await page.waitForSelector(`.sidebar a[href$="/${place}"]`, { visible: true });
    await page.click(`.sidebar a[href$="/${place}"]`);
  }

  /** What the page shows, for errors that say why a wait was in vain. */
  async function inVain(what: string, cause: unknown): Promise<never> {
    await shot('in-vain');
    // The words as they are laid out, without what is hidden.
    // biome-ignore lint/performance/useDomNodeTextContent: see above
    const shown = await page.evaluate(() => document.body.innerText);
    throw new Error(`${what}\n${shown}`, { cause });
  }

  async function waitFor(ask: () => boolean): Promise<void> {
    await page.waitForFunction(ask).catch((cause: unknown) => inVain(`Waited in vain for ${ask}`, cause));
  }

  async function shot(name: string): Promise<void> {
    await mkdir(artefacts, { recursive: true });
    await page.screenshot({ path: `${join(artefacts, `sandbox-${name}`)}.png` });
  }

  async function sees(words: string): Promise<void> {
    await page
      .waitForFunction(
        // biome-ignore lint/performance/useDomNodeTextContent: what is hidden is not seen
        (wanted: string) => document.body.innerText.replaceAll('\u00a0', ' ').includes(wanted),
        {},
        words,
      )
      .catch((cause: unknown) => inVain(`'${words}' doesn't stand on the page:`, cause));
  }

  /** Waits until the focus is in the element of this id or action id. */
  async function focused(name: string): Promise<void> {
    await page
      .waitForFunction(
        (wanted: string) => {
          const { activeElement } = document;
          return activeElement?.id === wanted || activeElement?.getAttribute('data-action') === wanted;
        },
        {},
        name,
      )
      .catch(async (cause: unknown) => {
        const where = await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200));
        return await inVain(`The focus is not in '${name}' but in ${where}.`, cause);
      });
  }

  return {
    page,
    press,
    pressUntil,
    follow,
    /** Opens the thread under the last message that has one. */
    async openThread(): Promise<void> {
      const endsAtMs = Date.now() + page.getDefaultTimeout();
      let isOpen = false;
      while (!isOpen && Date.now() < endsAtMs) {
        const last = (await page.$$('.main button.foot-button')).at(-1);
        isOpen = last !== undefined && (await clicked(last));
        if (!isOpen) await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
      await page.waitForSelector('.thread');
    },
    waitFor,
    sees,
    focused,
    async goTo(persona: string, place: string): Promise<void> {
      await page.evaluate((hash: string) => {
        location.hash = hash;
      }, `#/${persona}/${place}`);
      await page.waitForSelector(`[data-persona="${persona}"][aria-checked=true]`);
      if (place !== '' && place !== 'home') await page.waitForSelector(`[data-place="${place}"] #composer`);
    },
    async say(line: string): Promise<void> {
      await waitFor(() => document.querySelector('dialog') === null);
      await page.waitForSelector('#composer');
      await page.type('#composer', line);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Enter');
    },
    /** Waits until this many steps of the guide are ticked. */
    async tick(count: number): Promise<void> {
      const isTicked = (wanted: number): boolean =>
        document.querySelectorAll('.guide-steps .is-done').length === wanted;
      await page
        .waitForFunction(isTicked, {}, count)
        .catch((cause: unknown) => inVain(`The guide has not ticked ${count}.`, cause));
    },
    /** No finding of axe-core that it calls serious or critical. */
    async isAccessible(): Promise<void> {
      await page.evaluate(axe.source);
      const found: axe.AxeResults = (await page.evaluate(
        'axe.run(document, { resultTypes: ["violations"] })',
      )) as axe.AxeResults;
      const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(bad.map(({ id, nodes }) => [id, ...nodes.map((node) => `${node.html} ${node.failureSummary}`)])).toEqual(
        [],
      );
    },
    /** A picture for people to look at; not kept in git. */
    shot,
    url,
  };
}
