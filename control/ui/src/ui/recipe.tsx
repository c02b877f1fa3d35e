/** How to send the first traffic: one changed line in a client that stays as it is. */

import { Blank } from './notes';
import { CopyButton } from './copy';

const BASE_URL_PORT = 19003;

export function FirstTraffic() {
  const host = location.hostname.includes(':') ? `[${location.hostname}]` : location.hostname;
  const base = `http://${host === '' ? '127.0.0.1' : host}:${BASE_URL_PORT}`;
  return (
    <Blank icon="empty" title="No responses yet">
      <p>Point a client at AgentGuard. One setting changes, the code stays as it is; verdicts appear here at once.</p>
      <div class="recipe">
        <Line name="OpenAI clients" code={`export OPENAI_BASE_URL=${base}/openai/v1`} />
        <Line name="Anthropic clients" code={`export ANTHROPIC_BASE_URL=${base}/anthropic`} />
        <Line name="No client at hand: replay written conversations" code="agentguard demo" />
      </div>
      <p class="faint">The address is where the proxy’s base-URL listener runs by default; yours may differ.</p>
    </Blank>
  );
}

function Line({ name, code }: { name: string; code: string }) {
  return (
    <div class="recipe__row">
      <span>{name}</span>
      <div class="codeline">
        <code>{code}</code>
        <CopyButton text={() => code} label={`Copy the line for ${name}`} />
      </div>
    </div>
  );
}
