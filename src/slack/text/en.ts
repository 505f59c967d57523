import { proofLines } from '../../usecases/proof-lines.ts';
import { away } from './en-away.ts';
import { card } from './en-card.ts';
import { commands } from './en-commands.ts';
import { forms } from './en-forms.ts';
import { notice, noticeOver, noticeWords } from './en-notices.ts';
import { policyWords } from './en-policy.ts';
import { record } from './en-record.ts';
import { refusal } from './en-refusals.ts';
import { lineStart, threadLine } from './en-thread.ts';
import { watch } from './en-watch.ts';
import { risk } from './en-words.ts';

/** Every sentence that people read, in English. */
export const en = {
  away,
  card,
  commands,
  forms,
  notice,
  noticeOver,
  noticeWords,
  policy: policyWords,
  record,
  refusal,
  threadLine,
  lineStart,
  risk,
  watch,
  proofLines,
};

/** What another language has to say: the same keys, with the same facts in their hands. */
export type Text = typeof en;
