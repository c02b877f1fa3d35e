/** What the model was shown. The passage that belongs to the span looked at stands out and is scrolled to. */

import { useEffect, useRef } from 'preact/hooks';
import type { ContentSource, EvidenceRef } from '../../api/types';
import { points } from '../../lib/points';
import { segment } from '../../lib/segments';
import type { ShownSpan } from '../../lib/weak';
import { Icon } from '../../ui/icons';
import { KIND_NAME, SOURCE_NAME, spanTone } from '../../ui/words';
import type { Selection } from './selection';

interface EvidenceProps {
  readonly sources: readonly ContentSource[];
  readonly spans: readonly ShownSpan[];
  readonly selection: Selection;
}

/** Room kept above a passage that is scrolled to, pixels. */
const ABOVE = 56;

export function Evidence({ sources, spans, selection }: EvidenceProps) {
  const box = useRef<HTMLDivElement>(null);
  const { active } = selection;
  useEffect(() => {
    if (active === undefined) return;
    const passage = box.current?.querySelector<HTMLElement>(`[data-for~="${active}"]`);
    if (passage && box.current) showInside(box.current, passage);
  }, [active]);
  const looked = active === undefined ? undefined : spans[active];
  return (
    <section class="panel evidence" aria-label="Evidence">
      <div class="panel__head">
        <h2>Evidence</h2>
        <span class="end faint">{sources.length === 1 ? '1 source' : `${sources.length} sources`}</span>
      </div>
      <p class="evidence__about" role="status">
        {looked ? (
          <About span={looked} known={findSource(sources, looked.evidence) !== undefined} />
        ) : (
          'What the model was shown.'
        )}
      </p>
      <div class="evidence__sources" ref={box} tabIndex={0} role="region" aria-label="Sources">
        {sources.length === 0 && <p class="faint">The conversation held nothing to check against.</p>}
        {sources.map((source, at) => (
          <Source
            key={at}
            source={source}
            spans={spans}
            active={active}
            isMine={ref => findSource(sources, ref) === source}
          />
        ))}
      </div>
    </section>
  );
}

function About({ span, known }: { span: ShownSpan; known: boolean }) {
  return (
    <span data-tone={spanTone(span)}>
      <span class="badge">
        <Icon name={span.kind} />
        {KIND_NAME[span.kind]}
      </span>{' '}
      {span.weak && 'suspected, weakly, '}
      {span.evidence ? (
        <>
          against <code>{span.evidence.source}</code>
          {known ? '' : ', which was not captured'}
        </>
      ) : (
        'with nothing in the evidence'
      )}
    </span>
  );
}

interface SourceProps {
  readonly source: ContentSource;
  readonly spans: readonly ShownSpan[];
  readonly active: number | undefined;
  readonly isMine: (ref: EvidenceRef) => boolean;
}

function Source({ source, spans, active, isMine }: SourceProps) {
  const here = spans.flatMap((span, index) =>
    span.evidence && isMine(span.evidence) ? [{ index, range: span.evidence }] : [],
  );
  const { segments } = segment(
    source.text,
    here.map(one => one.range),
  );
  return (
    <article class={here.some(one => one.index === active) ? 'source source--active' : 'source'}>
      <h3 class="source__head">
        <span>{SOURCE_NAME[source.kind]}</span>
        <code class="faint">{source.label}</code>
      </h3>
      <div class="source__text">
        {segments.map(piece => {
          const indices = piece.spans.map(at => here[at]?.index).filter(index => index !== undefined);
          if (indices.length === 0) return piece.text;
          const lit = active !== undefined && indices.includes(active);
          return (
            <mark key={piece.start} class={lit ? 'passage passage--active' : 'passage'} data-for={indices.join(' ')}>
              {piece.text}
            </mark>
          );
        })}
      </div>
    </article>
  );
}

/** The source that a reference means: by label, and long enough where several share it. */
function findSource(sources: readonly ContentSource[], ref: EvidenceRef | undefined): ContentSource | undefined {
  if (!ref) return undefined;
  const named = sources.filter(source => source.label === ref.source);
  return named.find(source => points(source.text).length >= ref.end) ?? named[0];
}

function showInside(box: HTMLElement, passage: HTMLElement): void {
  const frame = box.getBoundingClientRect();
  const rect = passage.getBoundingClientRect();
  if (rect.top >= frame.top + 8 && rect.bottom <= frame.bottom - 8) return;
  box.scrollTo({ top: box.scrollTop + rect.top - frame.top - ABOVE, behavior: 'smooth' });
}
