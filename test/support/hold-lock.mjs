import { writeFileSync } from 'node:fs';

// Stands for a process that dies while it holds the lock of the embedded PostgreSQL's directory.
writeFileSync(process.argv[2], `${process.pid} dead\n`, { flag: 'wx' });
process.send('held');
setInterval(() => {}, 1_000);
