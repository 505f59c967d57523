import { useId } from 'react';
import { type Json, text, words } from '../json.ts';
import { useSurface } from '../surface.tsx';
import { Field, isField } from './field.tsx';
import { Overflow } from './overflow.tsx';

/** An interactive element outside of an input block: what is chosen goes to the bot at once. */
export function Element({ block, element }: { readonly block: Json; readonly element: Json }) {
  const id = useId();
  const type = text(element.type);
  if (type === 'button' || type === 'workflow_button') return <Button block={block} element={element} />;
  if (type === 'overflow') return <Overflow block={block} element={element} />;
  if (type === 'image') return <span className="picture">{text(element.alt_text) || 'image'}</span>;
  if (isField(type)) {
    const label = text(element.accessibility_label) || words(element.placeholder) || 'Choose';
    return (
      <div className="element-field">
        <span id={`${id}-label`} className="visually-hidden">
          {label}
        </span>
        <Field
          block={block}
          element={element}
          id={id}
          labelledBy={`${id}-label`}
          describedBy={undefined}
          invalid={false}
        />
      </div>
    );
  }
  return <span className="unknown-element">The sandbox has no ‘{type}’.</span>;
}

function Button({ block, element }: { readonly block: Json; readonly element: Json }) {
  const { press, busy } = useSurface();
  const isBusy = busy === `${text(block.block_id)}/${text(element.action_id)}`;
  const style = { primary: ' button-primary', danger: ' button-danger' }[text(element.style)] ?? '';
  const url = text(element.url);
  if (/^https?:/.test(url)) {
    return (
      <a
        className={`button${style}`}
        href={url}
        target="_blank"
        rel="noreferrer noopener"
        onClick={() => press(block, element)}
      >
        {words(element.text)}
      </a>
    );
  }
  const label = text(element.accessibility_label);
  return (
    <button
      type="button"
      className={`button${style}`}
      {...(label === '' ? {} : { 'aria-label': label })}
      aria-busy={isBusy}
      disabled={isBusy}
      data-action={text(element.action_id)}
      onClick={() => press(block, element)}
    >
      {words(element.text)}
    </button>
  );
}
