import { useEffect } from 'react';
import type { Snapshot } from '../server/snapshot.ts';
import { act } from './api.ts';
import { Blocks } from './blocks/blocks.tsx';
import { PlaceHead } from './conversation.tsx';
import { useFeedback } from './feedback.tsx';
import type { Go } from './route.ts';
import { SurfaceProvider } from './surface.tsx';
import { useLiveSurface } from './use-surface.ts';

const nothing = {};

/** The app's Home tab. Opening it tells the bot (Slack's page "app_home_opened event"). */
export function Home({ screen, go }: { readonly screen: Snapshot; readonly go: Go }) {
  const { tell } = useFeedback();
  const { as, home } = screen;
  useEffect(() => {
    void act('home', { as }).then(({ problem }) => tell(problem));
  }, [as, tell]);
  const surface = useLiveSurface({
    id: home?.id ?? 'home',
    as,
    target: 'home',
    values: home?.values ?? nothing,
    errors: home?.errors ?? nothing,
  });
  return (
    <PlaceHead title={screen.appName} kind="direct" go={go} tabs="home">
      {/* It scrolls, so the keyboard must reach it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
      <section className="home" tabIndex={0} aria-label="Home">
        {home === null ? (
          <p className="empty">The app has published nothing here yet.</p>
        ) : (
          <SurfaceProvider value={surface}>
            <Blocks blocks={home.blocks} />
          </SurfaceProvider>
        )}
      </section>
    </PlaceHead>
  );
}
