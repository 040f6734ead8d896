// The people's side: the JSON that the sandbox's page uses.

export const retryConfig = { retries: 3, minTimeout: 100 };

export class People {
  constructor(base) {
    this.base = base;
  }

  async get(path, user, query = {}) {
    const answer = await fetch(`${this.base}/sandbox/${path}?${new URLSearchParams({ as: user, ...query })}`);
    return answer.json();
  }

  async do(path, user, body) {
    const answer = await fetch(`${this.base}/sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ as: user, ...body }),
    });
    return answer.json();
  }

  async messages(user, channel) {
    return (await this.get('messages', user, { channel })).messages;
  }

  async texts(user, channel) {
    return (await this.messages(user, channel)).map((message) => message.text);
  }
}

/** Waits until something holds, and returns it. */
export async function until(what, true_, seconds = 10) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const found = await true_();
    if (found) {
      return found;
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error(`never came: ${what}`);
}
