import { Composer, CST, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, Parser } from 'yaml';
import { type Finding, finding } from './finding.ts';
import { MAX_FILE_CHARACTERS, MAX_YAML_DEPTH } from './limits.ts';
import type { Location } from './location.ts';
import { scalarOffset } from './scalar-offset.ts';

export type Path = readonly PropertyKey[];

/** One policy file as plain data, which still knows where each part of it stands. */
export interface YamlFile {
  readonly path: string;
  /** Mappings as plain objects, lists as arrays; nothing but JSON values. */
  readonly data: unknown;
  /** The value at the path, or the nearest part around it that the file has. */
  locate(path: Path): Location;
  /** The key of the value at the path. */
  locateKey(path: Path): Location;
  /** The place of one character of the text at the path, counted in the text as the reader of the YAML sees it. */
  locateInText(path: Path, index: number): Location;
}

/** Where a node stands, and its parts. */
interface Mark {
  readonly offset: number;
  readonly keyOffset: number;
  readonly node: ParsedNode | null;
  readonly parts: Map<PropertyKey, Mark> | null;
}

/** Keys that name JavaScript's own machinery; as a group or role they could only be an attack or a mistake. */
const RESERVED_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads one file. Of YAML it takes mappings, lists and scalars of the core schema (YAML 1.2): anchors, aliases, tags and several
 * documents are refused, which also leaves no way to make a small file large.
 */
export function readYaml(path: string, text: string): { file: YamlFile | null; findings: Finding[] } {
  const start: Location = { path, line: 1, column: 1 };
  if (text.length > MAX_FILE_CHARACTERS) {
    const message = `The file has ${text.length} characters; at most ${MAX_FILE_CHARACTERS} are read.`;
    return {
      file: null,
      findings: [finding('error', 'file_too_large', start, message, 'Split it into several files.')],
    };
  }
  const lines = new LineCounter();
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { path, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const findings: Finding[] = [];
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const tooDeep = firstTooDeep(tokens);
  if (tooDeep !== null) {
    const message = `This is nested more than ${MAX_YAML_DEPTH} levels deep.`;
    return { file: null, findings: [finding('error', 'yaml_too_deep', at(tooDeep), message, 'Nest less.')] };
  }
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false,
    version: '1.2',
  });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (!document) return { file: null, findings: [syntaxFinding(start, 'EMPTY', 'the file is empty', '')] };
  if (second) return { file: null, findings: [syntaxFinding(at(second.range[0]), 'MULTIPLE_DOCS', '', '')] };
  for (const error of [...document.errors, ...document.warnings]) {
    findings.push(syntaxFinding(at(error.pos[0]), error.code, error.message, lineAround(text, error.pos[0])));
  }
  if (findings.length > 0) return { file: null, findings };

  const { value, mark } = convert(document.contents, 0, at, findings);
  if (findings.length > 0) return { file: null, findings };
  const find = (wanted: Path): Mark => {
    let found = mark;
    for (const key of wanted) {
      const next = found.parts?.get(typeof key === 'number' ? key : String(key));
      if (!next) break;
      found = next;
    }
    return found;
  };
  return {
    file: {
      path,
      data: value,
      locate: (wanted) => at(find(wanted).offset),
      locateKey: (wanted) => at(find(wanted).keyOffset),
      locateInText: (wanted, index) => {
        const found = find(wanted);
        return at(isScalar(found.node) ? scalarOffset(text, found.node, index) : found.offset);
      },
    },
    findings,
  };
}

type Converted = { value: unknown; mark: Mark };

function convert(
  node: ParsedNode | null,
  keyOffset: number,
  at: (offset: number) => Location,
  findings: Finding[],
): Converted {
  const offset = node?.range[0] ?? keyOffset;
  const leaf = (value: unknown): Converted => ({ value, mark: { offset, keyOffset, node, parts: null } });
  if (node === null) return leaf(null);
  const feature = forbiddenFeature(node);
  if (feature) {
    const fix = 'Write it out, or use a role template for many alike.';
    findings.push(finding('error', 'yaml_feature', at(offset), `${feature} are not part of the policy language.`, fix));
    return leaf(null);
  }
  if (isMap<ParsedNode, ParsedNode | null>(node)) {
    const value: Record<string, unknown> = {};
    const parts = new Map<PropertyKey, Mark>();
    for (const pair of node.items) {
      const key = keyOf(pair.key);
      const here = at(pair.key?.range[0] ?? offset);
      if (key === null) {
        findings.push(finding('error', 'wrong_value', here, 'A key must be a text.', 'Put the key in quotes.'));
        continue;
      }
      if (RESERVED_KEYS.has(key)) {
        findings.push(finding('error', 'wrong_value', here, `'${key}' cannot be a key.`, 'Use another name.'));
        continue;
      }
      const before = parts.get(key);
      if (before) {
        const message = `'${key}' is here twice; the first is in line ${at(before.keyOffset).line}.`;
        findings.push(finding('error', 'duplicate_key', here, message, 'Keep one of them.'));
        continue;
      }
      const part = convert(pair.value, pair.key?.range[0] ?? offset, at, findings);
      value[key] = part.value;
      parts.set(key, part.mark);
    }
    return { value, mark: { offset, keyOffset, node, parts } };
  }
  if (isSeq<ParsedNode>(node)) {
    const parts = new Map<PropertyKey, Mark>();
    const value = node.items.map((item, index) => {
      const part = convert(item, item?.range[0] ?? offset, at, findings);
      parts.set(index, part.mark);
      return part.value;
    });
    return { value, mark: { offset, keyOffset, node, parts } };
  }
  if (!isScalar(node)) return leaf(null);
  if (typeof node.value === 'number' && !Number.isFinite(node.value)) {
    findings.push(finding('error', 'wrong_value', at(offset), 'This is not a finite number.', 'Write a number.'));
    return leaf(null);
  }
  return leaf(typeof node.value === 'bigint' ? Number(node.value) : node.value);
}

/**
 * The offset of the first part that is nested too deeply. It is looked for before composing, without recursion: the composer
 * recurses, and a stack that is nearly used up can end the whole process inside V8's regular expressions.
 */
function firstTooDeep(tokens: readonly CST.Token[]): number | null {
  const open: { token: CST.Token; depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (token.type === 'document') {
      if (token.value) open.push({ token: token.value, depth });
    } else if (CST.isCollection(token)) {
      if (depth > MAX_YAML_DEPTH) return token.offset;
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, depth: depth + 1 });
        if (item.value) open.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return null;
}

function forbiddenFeature(node: ParsedNode): string | null {
  if (isAlias(node)) return 'Aliases (*name)';
  if (node.anchor !== undefined) return 'Anchors (&name)';
  if (node.tag !== undefined) return 'Tags (!name)';
  return null;
}

/** A key as text. Numbers and booleans are taken as they are written, so that a group may be called 2024. */
function keyOf(key: unknown): string | null {
  if (!isScalar(key)) return null;
  if (typeof key.value === 'string') return key.value;
  return typeof key.source === 'string' && key.source !== '' ? key.source : null;
}

function lineAround(text: string, offset: number): string {
  const from = text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1;
  const to = text.indexOf('\n', offset);
  return text.slice(from, to === -1 ? undefined : to);
}

function syntaxFinding(here: Location, code: string, message: string, line: string): Finding {
  const first = message.split('\n', 1)[0] ?? message;
  if (code === 'MULTIPLE_DOCS') {
    return finding('error', 'yaml_feature', here, 'The file holds several documents.', 'Use one file for each.');
  }
  if (code === 'TAB_AS_INDENT') {
    return finding('error', 'yaml_syntax', here, 'A tab indents this line.', 'Indent with spaces.');
  }
  if (/^\s*(?:-\s*)?["']?(?:when|subject)["']?\s*:\s*["'>|{[!*&%@`]/.test(line)) {
    const fix = `Put the whole condition in single quotes: when: '"dba" in requester.groups'.`;
    return finding('error', 'yaml_syntax', here, `This is not valid YAML: ${first}.`, fix);
  }
  const fix = 'Check the indentation, the quotes and the brackets around here.';
  return finding('error', 'yaml_syntax', here, `This is not valid YAML: ${first.replace(/\.$/, '')}.`, fix);
}
