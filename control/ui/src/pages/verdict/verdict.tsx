/** One verdict: the words, the evidence beside them, the decision and where the time went. */

import { useEffect, useRef } from 'preact/hooks';
import { api } from '../../api/client';
import type { Verdict as VerdictData } from '../../api/types';
import { workloadName } from '../../lib/names';
import { isFlagged, shownSpans } from '../../lib/weak';
import { useHotkeys } from '../../state/hotkeys';
import { useResource } from '../../state/resource';
import { navigate, useQuery, withQuery } from '../../state/router';
import type { Neighbours } from '../../state/trail';
import { scopeOf, useNeighbours } from '../../state/trail';
import { ActionTag, RiskMeter, StateBadge } from '../../ui/badges';
import { CopyButton } from '../../ui/copy';
import { Icon } from '../../ui/icons';
import { Loaded, Skeleton } from '../../ui/notes';
import { When } from '../../ui/when';
import { spanTone, STATE_NAME } from '../../ui/words';
import { Answer } from './answer';
import { Evidence } from './evidence';
import { Decision, Exchange, Judge } from './facts';
import { useSelection } from './selection';
import { SpanTable } from './spantable';
import { Thread } from './thread';
import { Timing } from './timing';
import { Uncaptured } from './uncaptured';

export function Verdict({ id }: { id: string }) {
  const scope = scopeOf(useQuery());
  const verdict = useResource(`verdict/${id}`, signal => api.verdict(id, signal));
  const shown = verdict.outdated ? undefined : verdict.data;
  const { newer, older } = useNeighbours(scope, id, shown?.ts);
  const hrefOf = (other: string) => withQuery(`/verdicts/${other}`, scope);
  const list = withQuery('/verdicts', scope);
  useHotkeys({
    '[': () => newer !== undefined && navigate(hrefOf(newer)),
    ']': () => older !== undefined && navigate(hrefOf(older)),
    u: () => navigate(list),
  });
  return (
    <div class="screen verdict">
      <div class="verdict__nav">
        <a class="button button--bare button--small" href={list}>
          <Icon name="back" />
          Verdicts
        </a>
        <Steps neighbours={{ newer, older }} hrefOf={hrefOf} />
      </div>
      <Loaded resource={verdict} waiting={<Waiting />}>
        {data => <Body key={data.id} verdict={data} />}
      </Loaded>
    </div>
  );
}

function Steps({ neighbours, hrefOf }: { neighbours: Neighbours; hrefOf: (id: string) => string }) {
  const steps = [
    { id: neighbours.newer, name: 'Newer verdict', key: '[', icon: 'left' },
    { id: neighbours.older, name: 'Older verdict', key: ']', icon: 'right' },
  ] as const;
  return (
    <nav class="verdict__steps" aria-label="Neighbouring verdicts">
      {steps.map(step =>
        step.id === undefined ? (
          <button
            key={step.key}
            type="button"
            class="button button--small button--icon"
            disabled
            aria-label={step.name}
          >
            <Icon name={step.icon} />
          </button>
        ) : (
          <a
            key={step.key}
            class="button button--small button--icon"
            href={hrefOf(step.id)}
            aria-label={step.name}
            title={`${step.name} (${step.key})`}
          >
            <Icon name={step.icon} />
          </a>
        ),
      )}
    </nav>
  );
}

function Body({ verdict }: { verdict: VerdictData }) {
  const spans = shownSpans(verdict);
  const selection = useSelection(spans);
  const frame = useRef<HTMLDivElement>(null);
  const active = selection.active === undefined ? undefined : spans[selection.active];
  useEffect(() => {
    document.title = `${STATE_NAME[verdict.verdict]}, ${workloadName(verdict.workload)} · AgentGuard`;
  }, [verdict]);
  return (
    <>
      <header class="verdict__head">
        <div class="verdict__line">
          <StateBadge state={verdict.verdict} look="large" />
          {verdict.verdict !== 'not_checked' && (
            <span title="Probability that the response holds an unsupported claim">
              <span class="faint">Risk </span>
              <RiskMeter value={verdict.risk} look={isFlagged(verdict) ? undefined : 'calm'} />
            </span>
          )}
          <ActionTag action={verdict.action} would={verdict.would} />
          <span class="faint">{workloadName(verdict.workload)}</span>
          <span class="faint">{verdict.model}</span>
          <span class="faint">
            <When micros={verdict.ts} look="ago" />
          </span>
        </div>
        <h1 tabIndex={-1}>{verdict.explanation === '' ? STATE_NAME[verdict.verdict] : verdict.explanation}</h1>
      </header>
      {verdict.content ? (
        <div class="beside" ref={frame}>
          <Answer content={verdict.content} spans={spans} selection={selection} />
          <Evidence sources={verdict.content.evidence} spans={spans} selection={selection} />
          <Thread frame={frame} active={selection.active} tone={active && spanTone(active)} />
        </div>
      ) : (
        <Uncaptured verdict={verdict} />
      )}
      <SpanTable spans={spans} threshold={verdict.threshold} content={verdict.content} selection={selection} />
      <div class="verdict__cards">
        <div>
          <Decision verdict={verdict} />
          <Timing latency={verdict.latency} stream={verdict.stream} />
        </div>
        <Judge verdict={verdict} />
        <Exchange verdict={verdict} />
      </div>
      <Raw verdict={verdict} />
    </>
  );
}

function Raw({ verdict }: { verdict: VerdictData }) {
  const text = JSON.stringify(verdict, null, 2);
  return (
    <details class="panel raw">
      <summary>
        <Icon name="right" />
        Raw JSON
      </summary>
      <div class="raw__body">
        <CopyButton text={() => text} label="Copy the JSON" />
        <pre class="mono" tabIndex={0}>
          {text}
        </pre>
      </div>
    </details>
  );
}

function Waiting() {
  return (
    <>
      <div class="verdict__head">
        <Skeleton height={64} />
      </div>
      <div class="beside">
        <Skeleton height={320} />
        <Skeleton height={320} />
      </div>
    </>
  );
}
