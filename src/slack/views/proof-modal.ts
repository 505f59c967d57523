import type { Proof } from '../../usecases/proof-of.ts';
import { CALLBACK } from '../action-ids.ts';
import { type Modal, plain, plainSections } from '../blocks.ts';
import type { Text } from '../text/en.ts';

/** A modal holds 100 blocks (Slack: "View objects"); nobody reads more than this many sections of 3,000 characters. */
const SECTIONS_MAX = 20;

/** The proof word for word, in plain_text: what a target answered is nobody's markup. */
export const proofModal = (proof: Proof, text: Text): Modal => ({
  type: 'modal',
  callback_id: CALLBACK.notice,
  title: plain(text.watch.proof.title),
  close: plain(text.forms.notice.close),
  blocks: plainSections(text.proofLines(proof).join('\n'), SECTIONS_MAX),
});
