/** All spans in a table: what, how risky, which words, against what. */

import type { Content, Span } from '../../api/types';
import { slicePoints } from '../../lib/points';
import { RiskMeter } from '../../ui/badges';
import { Icon } from '../../ui/icons';
import { KIND_NAME, KIND_TONE } from '../../ui/words';
import type { Selection } from './selection';
import { Heads } from '../../ui/heads';

const HEADS = [
  { title: '#', right: true, col: 'col--number' },
  { title: 'Kind', col: 'col--kind' },
  { title: 'Risk', col: 'col--risk' },
  { title: 'Where', col: 'col--where' },
  { title: 'Words' },
  { title: 'Evidence' },
];

interface SpanTableProps {
  readonly spans: readonly Span[];
  /** Whether the verdict is clean all the same. */
  readonly clean: boolean;
  readonly content: Content | undefined;
  readonly selection: Selection;
}

export function SpanTable({ spans, clean, content, selection }: SpanTableProps) {
  if (spans.length === 0) return null;
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>Spans</h2>
        <span class="faint num">{spans.length}</span>
        {clean && (
          <span class="end faint">Suspicions below the policy’s threshold: they did not flag the response</span>
        )}
      </div>
      <div class="scroller" tabIndex={0} role="region" aria-label="Spans, as a table">
        <table class="table table--fixed spans">
          <Heads heads={HEADS} />
          <tbody>
            {spans.map((span, index) => (
              <tr
                key={index}
                class={index === selection.active ? 'spans__active' : undefined}
                onMouseEnter={() => selection.onHover(index)}
                onMouseLeave={() => selection.onHover(undefined)}
                onClick={() => selection.onChoose(index)}
              >
                <td class="right num faint">{index + 1}</td>
                <td>
                  <span class="badge" data-tone={KIND_TONE[span.kind]}>
                    <Icon name={span.kind} />
                    {KIND_NAME[span.kind]}
                  </span>
                </td>
                <td>
                  <RiskMeter value={span.risk} />
                </td>
                <td class="soft num">{whereOf(span, content)}</td>
                <td class="clip">{wordsOf(span, content) ?? <span class="faint">not captured</span>}</td>
                <td class="clip">
                  <EvidenceCell span={span} content={content} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function EvidenceCell({ span, content }: { span: Span; content: Content | undefined }) {
  const ref = span.evidence;
  if (!ref) return <span class="faint">nothing</span>;
  const source = content?.evidence.find(one => one.label === ref.source && Array.from(one.text).length >= ref.end);
  return (
    <>
      <code class="faint">{ref.source}</code> {source && slicePoints(source.text, ref.start, ref.end)}
    </>
  );
}

function whereOf(span: Span, content: Content | undefined): string {
  const many = (content?.texts.length ?? 1) > 1 || span.choice > 0;
  const place = span.call === undefined ? 'text' : `call ${span.call + 1}`;
  return `${many ? `response ${span.choice + 1}, ` : ''}${place} ${span.start}–${span.end}`;
}

function wordsOf(span: Span, content: Content | undefined): string | undefined {
  const text =
    span.call === undefined
      ? content?.texts[span.choice]
      : content?.tool_calls.find(call => call.choice === span.choice && call.call === span.call)?.arguments;
  return text === undefined ? undefined : slicePoints(text, span.start, span.end);
}
