import type { ShownTip, TipPlace } from '../server/snapshot.ts';
import { CheckIcon, CloseIcon } from './icons.tsx';

interface Props {
  readonly tips: readonly ShownTip[];
  /** Where the reader is already: a button that leads there would do nothing. */
  readonly persona: string;
  readonly place: string;
  readonly onGo: (place: TipPlace) => void;
  readonly onDismiss: () => void;
}

/** What to try next. Steps tick themselves off from what really happened; nothing here has to be used. */
export function Guide({ tips, persona, place, onGo, onDismiss }: Props) {
  const next = tips.find((tip) => !tip.done);
  const go = next?.go ?? null;
  const isThere = go?.persona === persona && go.place === place && go.compose === undefined && go.terminal !== true;
  const done = tips.filter((tip) => tip.done).length;
  return (
    <section className="guide" aria-label="Guide">
      <ol className="guide-steps">
        {tips.map((tip, index) => (
          <li key={tip.key} className={tip.done ? 'is-done' : ''} aria-current={tip === next ? 'step' : undefined}>
            <span className="guide-mark" aria-hidden="true">
              {tip.done ? <CheckIcon /> : index + 1}
            </span>
            <span>{tip.title}</span>
            {tip.done && <span className="visually-hidden">, done</span>}
          </li>
        ))}
      </ol>
      <div className="guide-now" role="status">
        <p>
          <span className="guide-count">
            {done} of {tips.length}
          </span>
          {next === undefined ? (
            'That is the whole story: asked, approved by another, used, taken away by itself, and nobody approves alone.'
          ) : (
            <>
              <strong>{next.title}.</strong> {next.text}
            </>
          )}
        </p>
        {go !== null && !isThere && (
          <button type="button" className="button button-guide" onClick={() => onGo(go)}>
            {go.label}
          </button>
        )}
      </div>
      <button type="button" className="icon-button" aria-label="Hide the guide" onClick={onDismiss}>
        <CloseIcon />
      </button>
    </section>
  );
}
