import { useEffect, useState } from 'react';
import type { ShownWorld } from '../server/snapshot.ts';
import { act } from './api.ts';
import { useClock } from './clock.tsx';
import { dayAndTime } from './dates.ts';
import { Dialog } from './dialog.tsx';
import { useFeedback } from './feedback.tsx';
import { ClockIcon, CloseIcon } from './icons.tsx';

const steps = [
  { label: '1 minute', seconds: 60 },
  { label: '15 minutes', seconds: 900 },
  { label: '1 hour', seconds: 3600 },
  { label: '4 hours', seconds: 14_400 },
  { label: '1 day', seconds: 86_400 },
] as const;

/** Ours, not Slack's: puts the clock forward, and lets things go wrong. */
export function World({ world }: { readonly world: ShownWorld }) {
  const [open, setOpen] = useState(false);
  const { aheadMs } = useClock();
  const gone = world.levers.filter(({ isOn }) => isOn).length;
  return (
    <>
      <button
        type="button"
        className={aheadMs > 0 || gone > 0 ? 'tool tool-warning' : 'tool'}
        title="Put the clock forward, or let something go wrong"
        onClick={() => setOpen(true)}
      >
        <ClockIcon />
        <span className="tool-words is-kept">Time and trouble</span>
      </button>
      {open && <WorldDialog world={world} onClose={() => setOpen(false)} />}
    </>
  );
}

function WorldDialog({ world, onClose }: { readonly world: ShownWorld; readonly onClose: () => void }) {
  const { tell } = useFeedback();
  const [busy, setBusy] = useState(false);
  const [pulled, setPulled] = useState<string | null>(null);

  async function pull(lever: string): Promise<void> {
    setBusy(true);
    const { problem } = await act('pull', { lever });
    setBusy(false);
    setPulled(problem === undefined ? lever : null);
    tell(problem);
  }

  return (
    <Dialog labelledBy="world-title" className="dialog world" onClose={onClose}>
      <header className="modal-head">
        <h2 id="world-title">Time and trouble</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <div className="modal-body">
        <Now />
        <p>Put the clock forward, and reminders, ends and reviews come when they would have.</p>
        <div className="world-steps">
          {steps.map(({ label, seconds }) => (
            <button
              key={label}
              type="button"
              className="button"
              aria-label={`Put the clock forward by ${label}`}
              onClick={() => void act('advance', { seconds }).then(({ problem }) => tell(problem))}
            >
              + {label}
            </button>
          ))}
        </div>
        <h3>Let something go wrong</h3>
        <ul className="world-levers">
          {world.levers.map(({ key, about, isOn, verb }) => (
            <li key={key}>
              <span>
                {about}
                {isOn ? <strong> · now</strong> : pulled === key && <strong> · done</strong>}
              </span>
              <button type="button" className="button" disabled={busy} onClick={() => void pull(key)}>
                {verb}
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

const TICK_MS = 1000;

function Now() {
  const clock = useClock();
  const [now, setNow] = useState(clock.now());
  useEffect(() => {
    setNow(clock.now());
    const timer = setInterval(() => setNow(clock.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [clock]);
  return (
    <p className="world-now">
      <time dateTime={now.toISOString()}>{dayAndTime(now)}</time>
      <span className="soft">
        {clock.aheadMs === 0 ? 'as on this machine' : `${ahead(clock.aheadMs)} ahead of this machine`}
      </span>
    </p>
  );
}

function ahead(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor((minutes % 1440) / 60), 'h'],
    [minutes % 60, 'min'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
