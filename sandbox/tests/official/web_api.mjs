// @slack/web-api: post, update, history, paging, errors, and its own retries at a 429.

import assert from 'node:assert/strict';

import { ErrorCode, WebClient } from '@slack/web-api';

import { People, retryConfig } from './people.mjs';

const base = process.argv[2];
const people = new People(base);
const client = new WebClient('xoxb-sandbox', { slackApiUrl: `${base}/api/`, retryConfig });

async function refused(call, args) {
  try {
    await call.call(client, args);
  } catch (error) {
    assert.equal(error.code, ErrorCode.PlatformError);
    return error.data.error;
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

const who = await client.auth.test();
assert.deepEqual([who.user_id, who.team_id], ['U0BOT', 'T0SANDBOX']);

const posted = await client.chat.postMessage({
  channel: 'C0SUPPORT',
  text: 'Morning',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*one* & two' } }],
  metadata: { event_type: 'posted', event_payload: { key: 'k1' } },
});
assert.equal(posted.message.bot_id, 'B0SANDBOX');
await client.chat.update({ channel: 'C0SUPPORT', ts: posted.ts, text: 'Evening' });
await client.chat.postMessage({ channel: 'C0SUPPORT', text: 'below', thread_ts: posted.ts });
assert.equal(await refused(client.chat.postMessage, { channel: 'C0NOWHERE', text: 'x' }), 'channel_not_found');
assert.equal(await refused(client.chat.update, { channel: 'C0SUPPORT', ts: '1.000000', text: 'x' }), 'message_not_found');
assert.equal(await refused(client.views.open, { trigger_id: 'x', view: { type: 'modal' } }), 'invalid_arguments');

const history = await client.conversations.history({ channel: 'C0SUPPORT', include_all_metadata: true });
assert.deepEqual(history.messages.map((message) => message.text), ['Evening']);
assert.deepEqual(history.messages[0].metadata.event_payload, { key: 'k1' });
const replies = await client.conversations.replies({ channel: 'C0SUPPORT', ts: posted.ts });
assert.deepEqual(replies.messages.map((message) => message.text), ['Evening', 'below']);

const names = [];
for await (const page of client.paginate('users.list', { limit: 2 })) {
  names.push(...page.members.map((member) => member.name));
}
assert.equal(names.length, 6, names);

// The client waits as Retry-After tells it to.
for (let number = 0; number < 6; number += 1) {
  await client.chat.postMessage({ channel: 'U0JESS', text: String(number) });
}
assert.deepEqual(await people.texts('U0JESS', 'D0JESS'), ['0', '1', '2', '3', '4', '5']);
