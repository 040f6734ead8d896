// @slack/bolt, over Socket Mode and over its HTTP receiver: typed messages, buttons, modals with errors, respond.
// usage: node bolt.mjs BASE socket|http

import assert from 'node:assert/strict';
import { createServer } from 'node:net';

import bolt from '@slack/bolt';

import { People, until } from './people.mjs';

const [base, mode] = process.argv.slice(2);
const people = new People(base);
const plain = (text) => ({ type: 'plain_text', text });
const FORM = {
  type: 'modal',
  callback_id: 'form',
  title: plain('Form'),
  submit: plain('Send'),
  blocks: [{ type: 'input', block_id: 'what', label: plain('What'), element: { type: 'plain_text_input', action_id: 'text' } }],
};

const common = { token: 'xoxb-sandbox', logLevel: bolt.LogLevel.WARN, clientOptions: { slackApiUrl: `${base}/api/` } };
const app =
  mode === 'http'
    ? new bolt.App({ ...common, signingSecret: 'sandbox-signing-secret' })
    : new bolt.App({ ...common, appToken: 'xapp-sandbox', socketMode: true });

app.message('hello', async ({ message, say }) => {
  const button = { type: 'button', action_id: 'open', text: plain('Open') };
  await say({ text: 'Hi', blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `Hi <@${message.user}>` }, accessory: button }] });
});
app.action('open', async ({ ack, body, client, respond }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: FORM });
  await respond({ text: 'opened', response_type: 'ephemeral', replace_original: false });
});
app.view('form', async ({ ack, body, client, view }) => {
  const text = view.state.values.what.text.value;
  if (text === 'bad') {
    await ack({ response_action: 'errors', errors: { what: 'Not that.' } });
    return;
  }
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `You said ${text}` });
});
app.command('/weather', async ({ ack, command, respond }) => {
  await ack(`Rain ${command.text}`);
  await respond('and later sun');
});
app.event('message', async () => {});

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

if (mode === 'http') {
  const port = await freePort();
  await app.start(port);
  const url = `http://127.0.0.1:${port}/slack/events`;
  const urls = { events: [url], interactivity: [url], commands: [url] };
  assert.deepEqual(await people.do('request_urls', '', urls), urls);
} else {
  await app.start();
}

const dm = (await people.get('state', 'U0ANA')).conversations.at(-1).id;
await people.do('say', 'U0ANA', { channel: dm, text: 'hello there' });
const messages = () => people.messages('U0ANA', dm);
const greeting = await until('the greeting', async () => (await messages()).find((message) => message.bot));
const pressed = await people.do('act', 'U0ANA', { channel: dm, ts: greeting.ts, action_id: 'open' });
assert.deepEqual(pressed, { acked: true, warning: null });
const view = await until('the form', async () => (await people.get('view', 'U0ANA')).view);
await until('the private line', async () => (await messages()).some((message) => message.ephemeral && message.text === 'opened'));

const send = (text) => people.do('submit', 'U0ANA', { view_id: view.id, values: { what: { text } } });
assert.deepEqual(await send('bad'), { errors: { what: 'Not that.' } });
assert.deepEqual(await send('good & <well>'), { closed: true });
await until('the answer', async () => (await people.texts('U0ANA', dm)).includes('You said good & <well>'));

const ordered = await people.do('command', 'U0ANA', { channel: dm, command: '/weather', text: 'in Oslo' });
assert.deepEqual(ordered, { acked: true, warning: null });
for (const text of ['Rain in Oslo', 'and later sun']) {
  await until(text, async () => (await people.texts('U0ANA', dm)).includes(text));
}
await app.stop();
process.exit(0);
