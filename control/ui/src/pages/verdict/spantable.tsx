/** All spans in a table: what, how risky, which words, against what. */

import type { Content } from '../../api/types';
import { plural, risk } from '../../lib/format';
import { slicePoints } from '../../lib/points';
import type { ShownSpan } from '../../lib/weak';
import { RiskMeter } from '../../ui/badges';
import { Icon } from '../../ui/icons';
import { KIND_NAME, spanTone } from '../../ui/words';
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
  readonly spans: readonly ShownSpan[];
  readonly threshold: number | undefined;
  readonly content: Content | undefined;
  readonly selection: Selection;
}

export function SpanTable({ spans, threshold, content, selection }: SpanTableProps) {
  if (spans.length === 0) return null;
  const weak = spans.filter(span => span.weak).length;
  const found = spans.length - weak;
  return (
    <section class="panel">
      <div class="panel__head">
        <h2>{found > 0 ? 'Spans' : 'Weak signals'}</h2>
        <span class="faint num">{found > 0 ? found : weak}</span>
        {weak > 0 && (
          <span class="end faint">
            {found > 0 ? `and ${plural(weak, 'weak signal')} ` : ''}below the policy’s threshold
            {threshold === undefined ? '' : ` of ${risk(threshold)}`}, not flagged
          </span>
        )}
      </div>
      <div class="scroller" tabIndex={0} role="region" aria-label="Spans, as a table">
        <table class="table table--fixed spans">
          <Heads heads={HEADS} />
          <tbody>
            {spans.map((span, index) => (
              <tr
                key={index}
                class={rowClass(span, index === selection.active)}
                onMouseEnter={() => selection.onHover(index)}
                onMouseLeave={() => selection.onHover(undefined)}
                onClick={() => selection.onChoose(index)}
              >
                <td class="right num faint">{index + 1}</td>
                <td>
                  <span class="badge" data-tone={spanTone(span)}>
                    <Icon name={span.kind} />
                    {KIND_NAME[span.kind]}
                  </span>
                </td>
                <td>
                  <RiskMeter value={span.risk} look={span.weak ? 'weak' : undefined} />
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

function rowClass(span: ShownSpan, active: boolean): string | undefined {
  const classes = [active && 'spans__active', span.weak && 'spans__weak'].filter(Boolean);
  return classes.length === 0 ? undefined : classes.join(' ');
}

function EvidenceCell({ span, content }: { span: ShownSpan; content: Content | undefined }) {
  const ref = span.evidence;
  if (!ref) return <span class="faint">nothing</span>;
  const source = content?.evidence.find(one => one.label === ref.source && Array.from(one.text).length >= ref.end);
  return (
    <>
      <code class="faint">{ref.source}</code> {source && slicePoints(source.text, ref.start, ref.end)}
    </>
  );
}

function whereOf(span: ShownSpan, content: Content | undefined): string {
  const many = (content?.texts.length ?? 1) > 1 || span.choice > 0;
  const place = span.call === undefined ? 'text' : `call ${span.call + 1}`;
  return `${many ? `response ${span.choice + 1}, ` : ''}${place} ${span.start}–${span.end}`;
}

function wordsOf(span: ShownSpan, content: Content | undefined): string | undefined {
  const text =
    span.call === undefined
      ? content?.texts[span.choice]
      : content?.tool_calls.find(call => call.choice === span.choice && call.call === span.call)?.arguments;
  return text === undefined ? undefined : slicePoints(text, span.start, span.end);
}
