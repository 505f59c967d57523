/** Statements that are prepared once per connection. The texts are few and fixed; the limit is for what nobody thought of. */
const PREPARED_STATEMENTS = 500;

const names = new Map<string, string>();

/** A name for each text of a statement, under which every PostgreSQL connection keeps it prepared. '' past the limit: not prepared. */
export function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= PREPARED_STATEMENTS) return '';
  const name = `elevate_${names.size + 1}`;
  names.set(text, name);
  return name;
}
