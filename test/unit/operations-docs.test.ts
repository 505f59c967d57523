import { readFileSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createMetrics } from '../../src/metrics.ts';
import { elevate } from '../support/cli.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const OPERATIONS = read('docs/operations.md');

/** What a scrape answers. */
async function scraped(): Promise<string> {
  const byStatus = { scheduled: 0, provisioning: 1, active: 2, revoking: 3 };
  const counts = { overdue: 3, oldestOverdueSeconds: 61.5, byStatus, unverified: 4, drift: 5, pauses: 2 };
  const metrics = createMetrics({ counts: async () => counts, queueReady: async () => 'Redis does not answer' });
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/metrics' });
  const response = new ServerResponse(request);
  return new Promise((resolve) => {
    response.end = (text: unknown) => {
      resolve(String(text));
      return response;
    };
    expect(metrics.handle(request, response)).toBe(true);
  });
}

describe('the page about running it', () => {
  it('has every metric there is, and no other', async () => {
    const there = [...(await scraped()).matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name);
    const told = [...OPERATIONS.matchAll(/^\| `(elevate_\w+)/gm)].map(([, name]) => name);
    expect(told.toSorted()).toEqual(there.toSorted());
    const watched = [...OPERATIONS.matchAll(/expr: \w+\((elevate_\w+)\)/g)].map(([, name]) => name);
    expect(there).toEqual(expect.arrayContaining(watched));
    expect(watched).toHaveLength(5);
  });

  it('says of each status what a scrape has', async () => {
    const statuses = [...(await scraped()).matchAll(/status="(\w+)"/g)].map(([, status]) => status);
    const line = OPERATIONS.split('\n').find((each) => each.startsWith('| `elevate_grants{status}`')) ?? '';
    expect([...line.matchAll(/`(\w+)`/g)].map(([, status]) => status)).toEqual(statuses);
  });

  it('has the numbers as they were counted', async () => {
    expect((await scraped()).split('\n').filter((line) => line.startsWith('elevate_'))).toEqual([
      'elevate_overdue_grants 3',
      'elevate_oldest_overdue_seconds 61.5',
      'elevate_grants{status="scheduled"} 0',
      'elevate_grants{status="provisioning"} 1',
      'elevate_grants{status="active"} 2',
      'elevate_grants{status="revoking"} 3',
      'elevate_unverified_grants 4',
      'elevate_open_drift 5',
      'elevate_reconciler_paused 1',
      'elevate_queue_ready 0',
    ]);
  });
});

/** The names below 'Commands:' of a command's help. */
const verbsOf = async (...args: string[]): Promise<string[]> => {
  const { out } = await elevate([...args, '--help']);
  const commands = out.split('Commands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...commands.matchAll(/^ {2}([a-z]+)/gm)].flatMap(([, verb]) => (verb && verb !== 'help' ? [verb] : []));
};

describe('the command line', () => {
  it('is told whole: each noun, verb and option', async () => {
    for (const noun of await verbsOf()) {
      const page = noun === 'policy' ? read('docs/policy.md') + read('docs/policy-in-ci.md') : OPERATIONS;
      const helps = [[noun], ...(await verbsOf(noun)).map((verb) => [noun, verb])];
      for (const words of helps) {
        const { out } = await elevate([...words, '--help']);
        for (const [option] of out.matchAll(/--(?!help)[a-z-]+/g)) expect(page).toContain(option);
      }
      for (const verb of await verbsOf(noun)) {
        expect(page).toMatch(noun === 'policy' ? new RegExp(`^\\| \`${verb}\\b`, 'm') : `\`${noun} ${verb}`);
      }
    }
  });
});

describe('the README', () => {
  it('has every variable of .env.example, and no other', () => {
    const example = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    const told = [...read('README.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(told.toSorted()).toEqual(example.toSorted());
  });

  it('leads to every page', () => {
    for (const page of ['architecture', 'benchmarks', 'connectors', 'decisions', 'faults', 'operations', 'policy']) {
      expect(read('README.md')).toContain(`(docs/${page}.md)`);
    }
  });
});
