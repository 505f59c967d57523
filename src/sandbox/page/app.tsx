import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Snapshot, TipPlace } from '../server/snapshot.ts';
import { act } from './api.ts';
import { ClockProvider, useClockOf } from './clock.tsx';
import { Conversation } from './conversation.tsx';
import { FeedbackProvider } from './feedback.tsx';
import { Guide } from './guide.tsx';
import { Home } from './home.tsx';
import { AppMark, GuideIcon } from './icons.tsx';
import { Modal } from './modal.tsx';
import { NamesProvider, namesOf } from './names.tsx';
import { PersonaBar } from './persona-bar.tsx';
import { Refusals } from './refusals.tsx';
import { type Go, type Route, useRoute } from './route.ts';
import { Sidebar } from './sidebar.tsx';
import { Terminal } from './terminal.tsx';
import { Thread } from './thread.tsx';
import { useKept } from './use-kept.ts';
import { useLive } from './use-live.ts';
import { World } from './world.tsx';

/** The whole page: a small Slack, and around it what belongs to the sandbox. */
export function App() {
  const [route, go] = useRoute();
  const { screen, connected } = useLive(route.persona);
  if (screen === undefined)
    return <p className="starting">{connected ? 'Starting…' : 'The sandbox doesn’t answer.'}</p>;
  return (
    <FeedbackProvider>
      <Screen screen={screen} route={route} go={go} connected={connected} />
    </FeedbackProvider>
  );
}

const wide = matchMedia('(min-width: 720px)');

interface Props {
  readonly screen: Snapshot;
  readonly route: Route;
  readonly go: Go;
  readonly connected: boolean;
}

function Screen({ screen, route, go, connected }: Props) {
  const names = useMemo(() => namesOf(screen), [screen]);
  const clock = useClockOf(screen);
  const [guide, setGuide] = useKept('guide', true);
  const [terminalOpen, setTerminalOpen] = useKept('terminal', wide.matches);
  const [repeats, setRepeats] = useState(false);
  const [threadTerminal, setThreadTerminal] = useState(false);
  const [filled, setFilled] = useState<{ readonly persona: string; readonly place: string; readonly line: string }>();
  const onFilled = useCallback(() => setFilled(undefined), []);
  const first = firstPlace(screen);
  const place = route.place === '' && wide.matches ? first : route.place;
  const lineHere = filled?.persona === screen.as && filled.place === place ? filled.line : undefined;
  const hasThread = route.thread !== '';
  useReading(screen, place);
  useTitle(screen);

  function follow(to: TipPlace): void {
    go({ persona: to.persona, place: to.place });
    if (to.terminal === true) {
      setTerminalOpen(true);
      setRepeats(true);
      void act('run', {});
    }
    if (to.compose !== undefined) setFilled({ persona: to.persona, place: to.place, line: to.compose });
  }

  const choose = (persona: string): void => {
    go({ persona, place: route.place });
    setFilled(undefined);
  };

  return (
    <NamesProvider value={names}>
      <ClockProvider value={clock}>
        <div className={place === '' ? 'app shows-list' : 'app'}>
          <header className="top">
            <h1 className="brand">
              <span className="avatar avatar-app" aria-hidden="true">
                <AppMark />
              </span>
              <span className="brand-words">
                {screen.appName} <span className="soft">sandbox</span>
              </span>
            </h1>
            <PersonaBar screen={screen} onChoose={choose} />
            <div className="tools">
              {screen.guide.length > 0 && (
                <button
                  type="button"
                  className="tool"
                  title="Guide"
                  aria-pressed={guide}
                  onClick={() => setGuide(!guide)}
                >
                  <GuideIcon />
                  <span className="tool-words">Guide</span>
                </button>
              )}
              {screen.world !== null && <World world={screen.world} />}
              <Refusals refusals={screen.refusals} />
            </div>
          </header>
          {!connected && (
            <p className="offline" role="alert">
              The sandbox doesn’t answer. Is the demo still running in its terminal? This page comes back by itself.
            </p>
          )}
          {guide && screen.guide.length > 0 && (
            <Guide
              tips={screen.guide}
              persona={screen.as}
              place={place}
              onGo={follow}
              onDismiss={() => setGuide(false)}
            />
          )}
          <div className="body">
            <Sidebar screen={screen} place={place} />
            <main className="main">
              {place === 'home' ? (
                <Home screen={screen} go={go} />
              ) : (
                place !== '' && (
                  <Conversation
                    screen={screen}
                    place={place}
                    go={go}
                    at={route.at}
                    filled={lineHere}
                    onFilled={onFilled}
                  />
                )
              )}
            </main>
            {(hasThread || screen.terminal !== null) && (
              <aside className="aside" aria-label="Beside the conversation">
                {hasThread && <Thread screen={screen} place={place} ts={route.thread} go={go} />}
                {screen.terminal !== null && (
                  <Terminal
                    terminal={screen.terminal}
                    open={hasThread ? threadTerminal : terminalOpen}
                    onOpen={hasThread ? setThreadTerminal : setTerminalOpen}
                    repeats={repeats}
                    onRepeat={setRepeats}
                  />
                )}
              </aside>
            )}
          </div>
          <Modal as={screen.as} views={screen.modal} />
        </div>
      </ClockProvider>
    </NamesProvider>
  );
}

/** What is on the screen of a visible page has been read. */
function useReading(screen: Snapshot, place: string): void {
  const shown = screen.conversations.find((each) => (each.kind === 'direct' ? place === 'dm' : each.name === place));
  const latest = shown?.latest;
  const isNew = shown?.unread === true;
  const where = shown?.id;
  useEffect(() => {
    if (!isNew || where === undefined || latest === undefined) return;
    const read = (): void => {
      if (document.visibilityState === 'visible') void act('read', { as: screen.as, in: where, upTo: latest });
    };
    read();
    document.addEventListener('visibilitychange', read);
    return () => document.removeEventListener('visibilitychange', read);
  }, [isNew, where, latest, screen.as]);
}

function useTitle(screen: Snapshot): void {
  const me = screen.personas.find(({ key }) => key === screen.as);
  const title = `${me?.name ?? ''} · ${screen.appName} sandbox`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** Where the guide begins, if this person is there, or their first channel. */
function firstPlace(screen: Snapshot): string {
  const names = screen.conversations.filter(({ isArchived }) => !isArchived).map(({ name }) => name);
  const begins = screen.guide[0]?.go?.place;
  return names.find((name) => name === begins) ?? names[0] ?? 'dm';
}
