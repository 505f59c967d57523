import { z } from 'zod';
import { canonicalJson } from '../json.ts';
import { type Finding, finding } from './finding.ts';
import { type TextPlace, unknownName } from './gather.ts';
import { schemaFindings } from './issues.ts';
import type { Language } from './language.ts';
import { NAME_EXPECTED, NAME_PATTERN } from './schema-parts.ts';
import type { Path } from './yaml.ts';

/** Names that a stage gives a meaning of their own. */
const RESERVED_GROUPS = new Set(['manager', 'owners']);
/** Facts that are fit to say who somebody is on a target. */
const SUBJECT_READS = /^(?:requester\.(?:email|id)|role\..+|resource\..+)$/;
const WRITTEN_BY_REQUESTER = new Set(['request.ticket', 'requester.name', 'requester.timezone']);

/** What the parts of a policy have in common to check: references, conditions, other people's schemas. Collects the findings. */
export class Report {
  readonly findings: Finding[] = [];
  readonly #groups: ReadonlySet<string>;
  readonly #language: Language;

  constructor(groups: ReadonlySet<string>, language: Language) {
    this.#groups = groups;
    this.#language = language;
  }

  add(...findings: readonly Finding[]): void {
    this.findings.push(...findings);
  }

  /** Whether a named thing may be called so. */
  name(name: string, place: TextPlace): boolean {
    if (NAME_PATTERN.test(name)) return true;
    const message = `'${name.slice(0, 60)}' must be ${NAME_EXPECTED}.`;
    this.add(finding('error', 'wrong_value', place.locateKey([]), message, 'Rename it.'));
    return false;
  }

  groupName(name: string, place: TextPlace): boolean {
    if (!RESERVED_GROUPS.has(name)) return this.name(name, place);
    const message = `A group cannot be called '${name}': stages use the word for the requester's manager and the resource's owners.`;
    this.add(finding('error', 'wrong_value', place.locateKey([]), message, 'Rename it.'));
    return false;
  }

  /** References to groups; null stands for one that needs no check. */
  groups(names: readonly (string | null)[], place: TextPlace, path: Path): void {
    names.forEach((name, index) => {
      if (name === null || this.#groups.has(name)) return;
      this.add(unknownName('unknown_group', 'group', name, this.#groups, place.locate([...path, index]), 'groups'));
    });
  }

  distinct(names: readonly string[], what: string, place: TextPlace, pathOf: (index: number) => Path): void {
    const seen = new Map<string, number>();
    names.forEach((name, index) => {
      const before = seen.get(name);
      if (before === undefined) {
        seen.set(name, index);
        return;
      }
      const message = `There are two ${what}s '${name}'; the first is in line ${place.locate(pathOf(before)).line}.`;
      this.add(finding('error', 'defined_twice', place.locate(pathOf(index)), message, 'Give each its own name.'));
    });
  }

  /**
   * A `when`. `grants`: a role's rule that approves or asks people. `denies`: whatever may read the reason. `limits`: a guardrail
   * that caps or adds a stage, which may not read the reason either, but is never to anybody's advantage.
   */
  condition(text: string, place: TextPlace, path: Path, use: 'grants' | 'denies' | 'limits'): void {
    const compiled = this.#language.compile(text, 'bool');
    if (!compiled.ok) {
      for (const each of compiled.problems) {
        this.add(finding('error', each.code, place.locateInText(path, each.index), each.message, each.fix));
      }
      return;
    }
    for (const read of compiled.condition.reads) {
      if (read.path === 'request.reason' && use !== 'denies') {
        const message =
          'Only a rule that denies may read the reason: the requester writes it, so it must never help them.';
        const fix = 'Turn the condition round in a rule with then: deny, or leave the reason to the approvers.';
        this.add(finding('error', 'reason_grants', place.locateInText(path, read.index), message, fix));
      } else if (use === 'grants' && WRITTEN_BY_REQUESTER.has(read.path)) {
        const message = `The requester writes ${read.path}, and this rule is to their advantage.`;
        const fix = 'Rely on groups, on-call, time or a fact provider that looks the claim up.';
        this.add(finding('warning', 'requester_text_grants', place.locateInText(path, read.index), message, fix));
      }
    }
  }

  /** A `subject`. With a path of null it came from the defaults, whose own place has been told of. */
  subject(text: string, place: TextPlace, path: Path | null): void {
    if (path === null) return;
    const compiled = this.#language.compile(text, 'string');
    if (!compiled.ok) {
      for (const each of compiled.problems) {
        this.add(finding('error', each.code, place.locateInText(path, each.index), each.message, each.fix));
      }
      return;
    }
    for (const read of compiled.condition.reads) {
      if (SUBJECT_READS.test(read.path)) continue;
      const message = `A subject may not depend on ${read.path}: it says whose account is given the access.`;
      const fix = 'Use requester.email or requester.id.';
      this.add(finding('error', 'requester_text_as_subject', place.locateInText(path, read.index), message, fix));
    }
  }

  /** Data that a connector's schema describes; what the schema made of it, or null. */
  foreign(schema: z.ZodType, raw: unknown, place: TextPlace, path: Path, what: string): unknown {
    // An unknown key is a mistake here as everywhere, also where a connector's schema would let it pass.
    const strict = schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
    const parsed = strict.safeParse(raw);
    if (parsed.success) return JSON.parse(canonicalJson(parsed.data));
    const inner = {
      locate: (below: Path) => place.locate([...path, ...below]),
      locateKey: (below: Path) => place.locateKey([...path, ...below]),
    };
    this.add(...schemaFindings(strict, raw, parsed.error.issues, inner, what, true));
    return null;
  }
}
