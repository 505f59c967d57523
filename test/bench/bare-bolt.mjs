// The least that a Bolt app can do for a command: acknowledge it and open a view. It has the receiver that the bot has.
import { createServer } from 'node:http';
import bolt from '@slack/bolt';

const { SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, SLACK_API_URL, BENCH_VIEW } = process.env;
const view = JSON.parse(BENCH_VIEW);
const receiver = new bolt.HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET, endpoints: '/slack/events' });
const app = new bolt.App({
  receiver,
  authorize: async () => ({ botToken: SLACK_BOT_TOKEN }),
  clientOptions: { slackApiUrl: SLACK_API_URL, retryConfig: { retries: 0 } },
});
app.command('/elevate', async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view });
});

const server = createServer(receiver.requestListener);
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
