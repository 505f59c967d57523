import pg from 'pg';

/** One connection for one piece of work, closed after it whatever comes of it. */
export async function withClient<T>(
  where: string | pg.ClientConfig,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(where);
  // A connection that breaks while nothing is being asked would otherwise end the process; the next query tells of it.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
