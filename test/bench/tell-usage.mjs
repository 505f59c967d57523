// Loaded before the bot: tells the bench, which asks by a message, what the process uses. The bot itself knows nothing of it.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ cpuMs: (user + system) / 1000, rss, heapUsed });
});
process.channel?.unref();
