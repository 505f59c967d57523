import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { ShownModal } from '../server/snapshot.ts';
import { act } from './api.ts';
import { Blocks } from './blocks/blocks.tsx';
import { Dialog } from './dialog.tsx';
import { useFeedback } from './feedback.tsx';
import { AppMark, BackIcon, CloseIcon } from './icons.tsx';
import { SurfaceProvider } from './surface.tsx';
import { useLiveSurface } from './use-surface.ts';

interface Props {
  readonly as: string;
  readonly views: readonly ShownModal[];
}

/** The modal of the person whose screen this is: the top view of its stack (Slack's page "Modals"). */
export function Modal({ as, views }: Props) {
  const top = views.at(-1);
  if (top === undefined) return null;
  return <ModalFrame as={as} view={top} depth={views.length} />;
}

function ModalFrame({ as, view, depth }: { readonly as: string; readonly view: ShownModal; readonly depth: number }) {
  const { tell } = useFeedback();
  const close = (all: boolean): void =>
    void act('close', { as, viewId: view.id, all }).then(({ problem }) => tell(problem));
  return (
    <Dialog labelledBy="modal-title" className="dialog modal" onClose={() => close(false)}>
      <header className="modal-head">
        {depth > 1 ? (
          <button type="button" className="icon-button" aria-label="Back" onClick={() => close(false)}>
            <BackIcon />
          </button>
        ) : (
          <span className="avatar avatar-app" aria-hidden="true">
            <AppMark />
          </span>
        )}
        <h2 id="modal-title">{view.title}</h2>
        <button type="button" className="icon-button" aria-label="Close the form" onClick={() => close(true)}>
          <CloseIcon />
        </button>
      </header>
      <View key={view.id} as={as} view={view} onClose={() => close(false)} />
    </Dialog>
  );
}

function View({ as, view, onClose }: { readonly as: string; readonly view: ShownModal; readonly onClose: () => void }) {
  const { tell } = useFeedback();
  const form = useRef<HTMLFormElement>(null);
  const [sending, setSending] = useState(false);
  const surface = useLiveSurface({ id: view.id, as, target: 'modal', values: view.values, errors: view.errors });
  const [attempts, setAttempts] = useState(0);
  const errors = JSON.stringify(view.errors);

  // A view that arrives, or takes a loading view's place, begins at its first field; who is typing already stays there.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new hash is a new view
  useEffect(() => {
    if (form.current?.querySelector('input:focus, textarea:focus') !== null) return;
    const first =
      form.current?.querySelector<HTMLElement>('[data-autofocus=true]') ??
      form.current?.querySelector<HTMLElement>('.input-block input, .input-block textarea, .element-field input') ??
      form.current?.querySelector<HTMLElement>('button');
    first?.focus();
  }, [view.hash]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each refused attempt leads to what is wrong, also to the same again
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid=true], .has-error input')?.focus();
  }, [errors, attempts]);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (sending || view.submit === '') return;
    setSending(true);
    const { problem } = await act('submit', { as, viewId: view.id, values: surface.unsent() });
    surface.forgetChanges();
    setAttempts((count) => count + 1);
    setSending(false);
    tell(problem);
  }

  return (
    <form ref={form} className="modal-form" onSubmit={submit} noValidate>
      <div className="modal-body">
        <SurfaceProvider value={surface}>
          <Blocks blocks={view.blocks} />
        </SurfaceProvider>
      </div>
      <footer className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          {view.close || 'Close'}
        </button>
        {view.submit !== '' && (
          <button type="submit" className="button button-primary" aria-busy={sending}>
            {view.submit}
          </button>
        )}
      </footer>
    </form>
  );
}
