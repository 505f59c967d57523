import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { CloseIcon } from './icons.tsx';
import { type Json, text, words } from './json.ts';
import { RichText } from './rich-text.tsx';

interface Feedback {
  /** Says what went wrong, for a while, also to screen readers. */
  readonly tell: (problem: string | undefined) => void;
  /** Shows a confirm object (Slack's page "Confirmation dialog object"); true when the person goes on. */
  readonly confirm: (dialog: Json) => Promise<boolean>;
}

const Context = createContext<Feedback>({ tell: () => undefined, confirm: async () => true });
export const useFeedback = (): Feedback => useContext(Context);

const shownForMs = 9000;

export function FeedbackProvider({ children }: { readonly children: ReactNode }) {
  const [problems, setProblems] = useState<readonly { readonly id: number; readonly words: string }[]>([]);
  const [asked, setAsked] = useState<{ readonly dialog: Json; readonly answer: (yes: boolean) => void }>();
  const count = useRef(0);
  const drop = useCallback((id: number) => setProblems((all) => all.filter((each) => each.id !== id)), []);
  const tell = useCallback(
    (problem: string | undefined) => {
      if (problem === undefined) return;
      count.current += 1;
      const id = count.current;
      setProblems((all) => [...all.filter((each) => each.words !== problem).slice(-2), { id, words: problem }]);
      setTimeout(() => drop(id), shownForMs);
    },
    [drop],
  );
  const confirm = useCallback(
    (dialog: Json) =>
      new Promise<boolean>((resolve) => {
        const answer = (yes: boolean): void => {
          setAsked(undefined);
          resolve(yes);
        };
        setAsked({ dialog, answer });
      }),
    [],
  );
  const feedback = useMemo(() => ({ tell, confirm }), [tell, confirm]);
  return (
    <Context.Provider value={feedback}>
      {children}
      {asked !== undefined && <Confirm dialog={asked.dialog} answer={asked.answer} />}
      <div className="problems" role="alert">
        {problems.map((problem) => (
          <div className="problem" key={problem.id}>
            <span>{problem.words}</span>
            <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => drop(problem.id)}>
              <CloseIcon />
            </button>
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}

function Confirm({ dialog, answer }: { readonly dialog: Json; readonly answer: (yes: boolean) => void }) {
  const body = dialog.text as Json | undefined;
  const danger = text(dialog.style) === 'danger';
  return (
    <Dialog labelledBy="confirm-title" className="dialog confirm" role="alertdialog" onClose={() => answer(false)}>
      <h2 id="confirm-title">{words(dialog.title)}</h2>
      <div className="confirm-text">
        <RichText type={text(body?.type)} words={words(body)} />
      </div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={() => answer(false)}>
          {words(dialog.deny) || 'Cancel'}
        </button>
        <button
          type="button"
          className={danger ? 'button button-danger' : 'button button-primary'}
          onClick={() => answer(true)}
        >
          {words(dialog.confirm) || 'OK'}
        </button>
      </div>
    </Dialog>
  );
}
