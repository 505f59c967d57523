import { textOf } from '../workspace/elements.ts';
import type { Message } from '../workspace/messages.ts';
import type { RuleRef } from './snapshot.ts';

/** Elevate's cards name the rule that asked for the approval: Rule “owners approve” of `orders-db/admin` asks for … */
export function ruleOnCard(message: Message): RuleRef | null {
  const found = /Rule “([^”]+)” of `([^`]+)`/.exec(textOf(message.blocks));
  const [, name, role] = found ?? [];
  return name === undefined || role === undefined ? null : { name: plain(name), role: plain(role) };
}

const plain = (words: string): string => words.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
