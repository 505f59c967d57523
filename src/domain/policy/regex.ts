import { RE2JS } from 're2js';

/** Characters of one pattern. */
const MAX_PATTERN_LENGTH = 500;

export type Pattern =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly error: string };

/**
 * Compiles a pattern in RE2 syntax, which CEL prescribes for `matches`. It finds a match anywhere in the text, in time linear in
 * the text's length: JavaScript's own expressions can take for ever on a text that a requester writes for it.
 */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { ok: false, error: `it has more than ${MAX_PATTERN_LENGTH} characters` };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    return { ok: true, test: (text) => compiled.matcher(text).find() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ok: false, error: text.replace(/^error parsing regexp: /, '') };
  }
}
