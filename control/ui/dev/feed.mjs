// Sends the generated verdicts to a real control plane, as sidecars do: batches with gapless numbers, heartbeats, then a trickle.

import { INSTANCES, makeHistory, makeVerdict, random } from './data.mjs';
import { NOT_CHECKED } from './query.mjs';

const BATCH = 500;

/** A verdict as a sidecar reports it: without what the control plane works out itself. */
function eventOf({ latency_ms: _ms, has_content: _has, ...event }) {
  return event;
}

async function post(url, path, body) {
  const headers = { 'content-type': 'application/json' };
  if (process.env.AGENTGUARD_TOKEN) headers.authorization = `Bearer ${process.env.AGENTGUARD_TOKEN}`;
  const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function send(url, verdicts) {
  for (const { id: instance } of INSTANCES) {
    const own = verdicts.filter(verdict => verdict.instance === instance).sort((a, b) => a.seq - b.seq);
    for (let at = 0; at < own.length; at += BATCH) {
      const reply = await post(url, '/ingest/verdicts', { instance, events: own.slice(at, at + BATCH).map(eventOf) });
      if (reply.rejected.length > 0) throw new Error(`rejected: ${JSON.stringify(reply.rejected[0])}`);
    }
  }
}

async function beat(url) {
  for (const { id: instance, name, seq } of INSTANCES) {
    const [namespace, workload] = name.split('/');
    await post(url, '/sidecar/heartbeat', {
      instance,
      started: (Date.now() - 3_600_000) * 1000,
      version: '0.1.0',
      produced: seq,
      lost: {},
      lost_ranges: [],
      workload: { namespace, name: workload, pod: `${workload}-7d9f8b6c5-${instance.slice(-5)}` },
      in_flight: 0,
      spool_bytes: 0,
      policy: '9f2c51a07be4',
      seen: seq + 3,
      judged: Math.floor(seq * 0.94),
      not_checked: instance === INSTANCES[3].id ? NOT_CHECKED : [],
    });
  }
}

/** Sends `count` verdicts of the last days, then one every `everyMs`; answers a way to stop. */
export async function feed(url, { count = 6000, everyMs = 250 } = {}) {
  await send(url, makeHistory(count, Date.now()));
  await beat(url);
  const next = random(Date.now());
  let running = true;
  const loop = (async () => {
    for (let i = 0; running; i++) {
      await send(url, [makeVerdict(Date.now(), next)]);
      if (i % 20 === 0) await beat(url);
      await new Promise(resolve => setTimeout(resolve, everyMs));
    }
  })();
  return async () => {
    running = false;
    await loop;
  };
}
