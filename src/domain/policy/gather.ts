import { type Finding, finding } from './finding.ts';
import { type Place, schemaFindings } from './issues.ts';
import { MAX_FILES } from './limits.ts';
import type { Location } from './location.ts';
import {
  LISTED_SECTIONS,
  type ListedSection,
  NAMED_SECTIONS,
  type NamedSection,
  type Outline,
  outlineSchema,
  SINGLE_KEYS,
  type SingleKey,
} from './schema.ts';
import { suggestion } from './suggest.ts';
import { type Path, readYaml, type YamlFile } from './yaml.ts';

export interface PolicyFile {
  /** As findings shall name it, such as policies/elevate.yaml. */
  readonly path: string;
  readonly text: string;
}

/** One named or listed thing as the file has it, not yet checked. */
export interface Entry {
  readonly raw: unknown;
  readonly place: TextPlace;
}

export interface TextPlace extends Place {
  /** The place of one character in the text at the path. */
  readonly locateInText: (path: Path, index: number) => Location;
}

/** The files of a directory, put together section by section. */
export interface Sections {
  readonly single: { readonly [K in SingleKey]?: { value: NonNullable<Outline[K]>; place: TextPlace } };
  readonly named: Readonly<Record<NamedSection, Map<string, Entry>>>;
  readonly listed: Readonly<Record<ListedSection, readonly Entry[]>>;
  /** For findings about the whole. */
  readonly start: Location;
}

/** Test files stand beside the policy and are not part of it. */
export const isPolicyFile = (path: string): boolean => /\.ya?ml$/i.test(path) && !/\.test\.ya?ml$/i.test(path);

/** Reads the files in the order of their paths and puts them together. What two files both define is a finding in the second. */
export function gather(files: readonly PolicyFile[]): { sections: Sections | null; findings: Finding[] } {
  const findings: Finding[] = [];
  const policyFiles = files.filter((file) => isPolicyFile(file.path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const start: Location = { path: policyFiles[0]?.path ?? files[0]?.path ?? 'policies', line: 1, column: 1 };
  if (policyFiles.length === 0) {
    const message = 'There is no policy: no file ends in .yaml or .yml (those that end in .test.yaml are tests).';
    findings.push(
      finding('error', 'nothing_to_load', start, message, 'Put a policy there, or set POLICY_PATH to where it is.'),
    );
    return { sections: null, findings };
  }
  if (policyFiles.length > MAX_FILES) {
    const message = `There are ${policyFiles.length} policy files; at most ${MAX_FILES} are read.`;
    findings.push(finding('error', 'limit_exceeded', start, message, 'Put several into one.'));
    return { sections: null, findings };
  }
  const single: { [K in SingleKey]?: { value: NonNullable<Outline[K]>; place: TextPlace } } = {};
  const named: Record<NamedSection, Map<string, Entry>> = {
    groups: new Map(),
    on_call_providers: new Map(),
    fact_providers: new Map(),
    connectors: new Map(),
    resources: new Map(),
    roles: new Map(),
  };
  const listed: Record<ListedSection, Entry[]> = { guardrails: [], separation_of_duties: [], role_templates: [] };

  for (const each of policyFiles) {
    const read = readYaml(each.path, each.text);
    findings.push(...read.findings);
    const outline = read.file ? outlineOf(read.file, findings) : null;
    if (!read.file || !outline) continue;
    const file = read.file;
    for (const key of SINGLE_KEYS) takeSingle(single, key, outline, file, findings);
    for (const section of NAMED_SECTIONS) {
      for (const [name, raw] of Object.entries(outline[section] ?? {})) {
        addNamed(named[section], section, name, { raw, place: placeIn(file, [section, name]) }, findings);
      }
    }
    for (const section of LISTED_SECTIONS) {
      (outline[section] ?? []).forEach((raw, index) => {
        listed[section].push({ raw, place: placeIn(file, [section, index]) });
      });
    }
  }
  return { sections: { single, named, listed, start }, findings };
}

function outlineOf(file: YamlFile, findings: Finding[]): Outline | null {
  const parsed = outlineSchema.safeParse(file.data);
  if (parsed.success) return parsed.data;
  findings.push(...schemaFindings(outlineSchema, file.data, parsed.error.issues, file, 'the policy'));
  return null;
}

function takeSingle<K extends SingleKey>(
  single: { [Key in SingleKey]?: { value: NonNullable<Outline[Key]>; place: TextPlace } },
  key: K,
  outline: Outline,
  file: YamlFile,
  findings: Finding[],
): void {
  const value = outline[key];
  if (value === undefined || value === null) return;
  const place = placeIn(file, [key]);
  const before = single[key];
  if (before) {
    findings.push(definedTwice(key, place.locateKey([]), before.place.locateKey([])));
    return;
  }
  Object.assign(single, { [key]: { value, place } });
}

/** Adds a named thing unless its name is taken. */
export function addNamed(
  into: Map<string, Entry>,
  section: string,
  name: string,
  entry: Entry,
  findings: Finding[],
): void {
  const before = into.get(name);
  if (before) {
    findings.push(definedTwice(`${section}: ${name}`, entry.place.locateKey([]), before.place.locateKey([])));
    return;
  }
  into.set(name, entry);
}

function definedTwice(what: string, at: Location, before: Location): Finding {
  const message = `'${what}' is defined already, in ${before.path}:${before.line}.`;
  return finding('error', 'defined_twice', at, message, 'Keep it in one place.');
}

export function placeIn(file: YamlFile, base: Path): TextPlace {
  return {
    locate: (path) => file.locate([...base, ...path]),
    locateKey: (path) => file.locateKey([...base, ...path]),
    locateInText: (path, index) => file.locateInText([...base, ...path], index),
  };
}

/** A finding for a name that nothing has. */
export function unknownName(
  code: Finding['code'],
  what: string,
  wanted: string,
  known: Iterable<string>,
  at: Location,
  section: string,
): Finding {
  return finding(
    'error',
    code,
    at,
    `There is no ${what} '${wanted}'.`,
    suggestion(wanted, known, `Declare it under ${section}.`),
  );
}
