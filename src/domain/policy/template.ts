import { type Finding, finding } from './finding.ts';
import { addNamed, type Entry, type Sections, type TextPlace } from './gather.ts';
import { schemaFindings } from './issues.ts';
import { MAX_ROLES } from './limits.ts';
import { templateSchema } from './schema.ts';
import type { Path } from './yaml.ts';

type Row = Readonly<Record<string, string>>;

const PLACEHOLDER = /<([a-z][a-z0-9_]*)>/g;
const KEY_PATTERN = /^[a-z][a-z0-9_]*$/;
/** What a value may be made of: nothing that could end a text or a condition around it. */
const VALUE_PATTERN = /^[\w .,:;@/+=-]{1,200}$/;

/**
 * Makes the roles and resources of every template, one set for each row of values, and adds them to those that are written out.
 * Each `<name>` in keys and texts is replaced; names that the row does not have stay as they are, since < and > are operators.
 */
export function expandTemplates(sections: Sections): Finding[] {
  const findings: Finding[] = [];
  let made = 0;
  for (const { raw, place } of sections.listed.role_templates) {
    const parsed = templateSchema.safeParse(raw);
    if (!parsed.success) {
      findings.push(...schemaFindings(templateSchema, raw, parsed.error.issues, place, 'role template'));
      continue;
    }
    const template = parsed.data;
    const rows = rowsOf(template.each);
    made += rows.length * (Object.keys(template.roles).length + Object.keys(template.resources).length);
    if (made > MAX_ROLES) {
      const message = `The role templates make more than ${MAX_ROLES} roles.`;
      findings.push(finding('error', 'limit_exceeded', place.locate(['each']), message, 'Use fewer values.'));
      return findings;
    }
    findings.push(...checkRows(rows, template.name, place));
    if (findings.length > 0) continue;
    for (const row of rows) {
      for (const section of ['resources', 'roles'] as const) {
        for (const [key, value] of Object.entries(template[section])) {
          const entry: Entry = { raw: fill(value, row), place: inTemplate(place, [section, key]) };
          addNamed(sections.named[section], section, fillText(key, row), entry, findings);
        }
      }
    }
  }
  return findings;
}

/** Rows as they are, or every combination of the lists. */
function rowsOf(each: readonly Row[] | Readonly<Record<string, readonly string[]>>): readonly Row[] {
  if (isRows(each)) return each;
  let rows: Row[] = [{}];
  for (const [key, values] of Object.entries(each)) {
    if (rows.length * values.length > MAX_ROLES) return Array.from({ length: MAX_ROLES + 1 }, () => ({}));
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value })));
  }
  return rows;
}

const isRows = (each: readonly Row[] | Readonly<Record<string, readonly string[]>>): each is readonly Row[] =>
  Array.isArray(each);

function checkRows(rows: readonly Row[], name: string, place: TextPlace): Finding[] {
  for (const row of rows) {
    for (const [key, value] of Object.entries(row)) {
      const wrong = !KEY_PATTERN.test(key)
        ? `The name '${key}'`
        : VALUE_PATTERN.test(value)
          ? null
          : `The value '${value.slice(0, 60)}'`;
      if (wrong === null) continue;
      const message = `${wrong} cannot be used in the role template '${name}'.`;
      const fix =
        'Names are small letters, digits and underscores; values are letters, digits, spaces and . , : ; @ / + = - _.';
      return [finding('error', 'template_problem', place.locate(['each']), message, fix)];
    }
  }
  return [];
}

const fillText = (text: string, row: Row): string =>
  text.replace(PLACEHOLDER, (whole, key: string) => (Object.hasOwn(row, key) ? (row[key] ?? whole) : whole));

function fill(value: unknown, row: Row): unknown {
  if (typeof value === 'string') return fillText(value, row);
  if (Array.isArray(value)) return value.map((item) => fill(item, row));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fillText(key, row), fill(item, row)]));
}

/** A text that was filled in is no longer as long as in the file, so its findings point to its beginning. */
function inTemplate(place: TextPlace, base: Path): TextPlace {
  return {
    locate: (path) => place.locate([...base, ...path]),
    locateKey: (path) => place.locateKey([...base, ...path]),
    locateInText: (path) => place.locate([...base, ...path]),
  };
}
