import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describeWithRedis, startRedis } from '../support/redis.ts';
import { queueContract } from './queue-contract.ts';
import { watchQueues } from './queue-jobs.ts';

describeWithRedis('the queue on Redis', () => {
  queueContract({
    canBeAway: true,
    async start() {
      const redis = await startRedis();
      const connection = new Redis(redis.url, {
        maxRetriesPerRequest: null,
        retryStrategy: () => 50,
        disconnectTimeout: 200,
      });
      // The tests take the server away on purpose.
      connection.on('error', () => {});
      const { close, ...queues } = watchQueues((name) => new Queue(name, { connection, prefix: 'elevate' }));
      return {
        ...queues,
        backend: { redisUrl: redis.url },
        async empty() {
          await redis.ask('FLUSHALL');
        },
        lose: () => redis.crash(),
        comeBack: () => redis.comeBack(),
        async stop() {
          await close();
          connection.disconnect();
          await redis.stop();
        },
      };
    },
  });
});
