import type { Workspace } from '../../src/sandbox/workspace/workspace.ts';

/** The end of a test's workspace. Throws what Slack would not have taken, or not shown as it was meant: it holds for every test. */
export async function stopWorkspace(workspace: Workspace): Promise<void> {
  await workspace.stop();
  const wrong = workspace.violations.map(({ method, rule, message }) => `${method}: ${rule}: ${message}`);
  if (wrong.length > 0) throw new Error(`Slack would not take what was sent:\n  ${[...new Set(wrong)].join('\n  ')}`);
}
