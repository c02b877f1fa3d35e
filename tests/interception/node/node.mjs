// `node.mjs https|fetch|openai plain|stream|bank`: one call, as users of Node write it. Prints what came.
import https from 'node:https';

const CHAT = 'https://api.openai.com/v1/chat/completions';
const BANK = 'https://bank.test/balance';
const [library, what] = process.argv.slice(2);
const stream = what === 'stream';
const messages = [{ role: 'user', content: 'Context: The invoice is due on 12 March 2026.\n\nQuestion: When is the invoice due?' }];
const body = { model: 'gpt-4o', messages, stream };
const headers = { authorization: 'Bearer sk-none', 'content-type': 'application/json' };

const clients = {
  https: () =>
    new Promise((resolve, reject) => {
      const options = what === 'bank' ? {} : { method: 'POST', headers };
      const request = https.request(what === 'bank' ? BANK : CHAT, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end(what === 'bank' ? undefined : JSON.stringify(body));
    }),
  fetch: async () => {
    const answer = what === 'bank' ? await fetch(BANK) : await fetch(CHAT, { method: 'POST', headers, body: JSON.stringify(body) });
    return answer.text();
  },
  openai: async () => {
    if (what === 'bank') return clients.fetch(); // what it is built on
    const { default: OpenAI } = await import('openai');
    const answer = await new OpenAI({ apiKey: 'sk-none', maxRetries: 0 }).chat.completions.create(body);
    if (!stream) return answer.choices[0].message.content;
    let text = '';
    for await (const chunk of answer) text += chunk.choices[0].delta.content ?? '';
    return text;
  },
};
console.log(await clients[library]());
