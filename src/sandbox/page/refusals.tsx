import { useState } from 'react';
import type { ShownRefusal } from '../server/snapshot.ts';
import { Dialog } from './dialog.tsx';
import { CloseIcon, ShieldIcon } from './icons.tsx';

/** What the bot sent and Slack would have refused, as Slack would say it. */
export function Refusals({ refusals }: { readonly refusals: readonly ShownRefusal[] }) {
  const [open, setOpen] = useState(false);
  const count = refusals.length;
  const label = count === 0 ? 'Nothing broke Slack’s rules' : `${count} broke Slack’s rules`;
  return (
    <>
      <button
        type="button"
        className={count === 0 ? 'tool' : 'tool tool-warning'}
        title={label}
        onClick={() => setOpen(true)}
      >
        <ShieldIcon />
        <span className="tool-words">
          {count === 0 ? 'Slack’s rules' : `${count} refused`}
          <span className="visually-hidden">{count === 0 ? 'nothing refused' : 'by Slack’s rules'}</span>
        </span>
      </button>
      {open && (
        <Dialog labelledBy="refusals-title" className="dialog refusals" onClose={() => setOpen(false)}>
          <header className="modal-head">
            <h2 id="refusals-title">{label}</h2>
            <button type="button" className="icon-button" aria-label="Close" onClick={() => setOpen(false)}>
              <CloseIcon />
            </button>
          </header>
          <div className="modal-body">
            {count === 0 ? (
              <p>
                Every message and form that the app has sent was held to Slack’s Block Kit limits, and nothing broke
                them. What breaks them is listed here, with Slack’s answer.
              </p>
            ) : (
              <ol className="refusal-list">
                {refusals.map((refusal) => (
                  <li key={refusal.number}>
                    <p>
                      <code>{refusal.method}</code>
                      {refusal.error === null
                        ? ' is something Slack takes without a word, but a reader would not:'
                        : ' answers'}
                    </p>
                    <pre>{refusal.error === null ? `${refusal.message} (${refusal.path})` : asSlack(refusal)}</pre>
                  </li>
                ))}
              </ol>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Slack's page "Using the Slack Web API", evaluating responses: the messages name the place by a JSON pointer. */
function asSlack({ error, message, path }: ShownRefusal): string {
  const messages = [`[ERROR] ${message} [json-pointer:${path}]`];
  return JSON.stringify({ ok: false, error, response_metadata: { messages } }, null, 2);
}
