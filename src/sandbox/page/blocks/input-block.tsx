import { useId } from 'react';
import { type Json, object, text, words } from '../json.ts';
import { useSurface } from '../surface.tsx';
import { Field, isField, isGroup } from './field.tsx';

/** A labelled field with its hint and its error (Slack's page "Input block"). */
export function InputBlock({ block }: { readonly block: Json }) {
  const id = useId();
  const { errorOf } = useSurface();
  const element = object(block.element);
  const type = text(element.type);
  const error = errorOf(block);
  const hint = words(block.hint);
  const describedBy = [error === undefined ? '' : `${id}-error`, hint === '' ? '' : `${id}-hint`]
    .filter(Boolean)
    .join(' ');
  const label = (
    <>
      {words(block.label)}
      {block.optional === true && <span className="optional"> (optional)</span>}
    </>
  );
  return (
    <div className={error === undefined ? 'input-block' : 'input-block has-error'} data-block={text(block.block_id)}>
      {isGroup(type) ? (
        <span className="label" id={`${id}-label`}>
          {label}
        </span>
      ) : (
        <label className="label" id={`${id}-label`} htmlFor={id}>
          {label}
        </label>
      )}
      {isField(type) ? (
        <Field
          block={block}
          element={element}
          id={id}
          labelledBy={`${id}-label`}
          describedBy={describedBy === '' ? undefined : describedBy}
          invalid={error !== undefined}
        />
      ) : (
        <span className="unknown-element">The sandbox has no ‘{type}’.</span>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint !== '' && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
