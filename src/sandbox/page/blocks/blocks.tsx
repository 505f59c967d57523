import type { Block } from 'slack-blocks-to-jsx';
import { Boundary } from '../boundary.tsx';
import { isJson, type Json, objects, text, words } from '../json.ts';
import { Drawn, RichText } from '../rich-text.tsx';
import { Element } from './element.tsx';
import { InputBlock } from './input-block.tsx';

/** A message's or view's blocks, in order. */
export function Blocks({ blocks }: { readonly blocks: readonly Json[] }) {
  return (
    <div className="blocks">
      {blocks.map((block, index) => (
        <Boundary key={text(block.block_id) || index}>
          <OneBlock block={block} />
        </Boundary>
      ))}
    </div>
  );
}

function OneBlock({ block }: { readonly block: Json }) {
  switch (block.type) {
    case 'header':
      return <h3 className="block-header">{words(block.text)}</h3>;
    case 'divider':
      return <hr className="block-divider" />;
    case 'section':
      return <Section block={block} />;
    case 'context':
      return <Context block={block} />;
    case 'actions':
      return (
        <div className="block-actions">
          {objects(block.elements).map((element) => (
            <Element key={text(element.action_id)} block={block} element={element} />
          ))}
        </div>
      );
    case 'input':
      return <InputBlock block={block} />;
    default:
      // Everything else has nothing to press: slack-blocks-to-jsx draws it as it is.
      return <Drawn blocks={[block as Block]} />;
  }
}

function Words({ of }: { readonly of: Json }) {
  return <RichText type={text(of.type)} words={text(of.text)} emoji={of.emoji !== false} />;
}

function Section({ block }: { readonly block: Json }) {
  return (
    <div className="block-section">
      <div className="block-section-body">
        {isJson(block.text) && <Words of={block.text} />}
        {Array.isArray(block.fields) && (
          <div className="block-fields">
            {objects(block.fields).map((field, index) => (
              // Fields have no ids, and their order is what tells them apart.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <Words key={index} of={field} />
            ))}
          </div>
        )}
      </div>
      {isJson(block.accessory) && <Element block={block} element={block.accessory} />}
    </div>
  );
}

function Context({ block }: { readonly block: Json }) {
  return (
    <div className="block-context">
      {objects(block.elements).map((element, index) =>
        element.type === 'image' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements of a context have no ids
          <Element key={index} block={block} element={element} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: elements of a context have no ids
          <Words key={index} of={element} />
        ),
      )}
    </div>
  );
}
