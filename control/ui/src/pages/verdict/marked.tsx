/** A text with its spans marked. Each span ends in a small button that names its kind; the text itself is text nodes only. */

import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { risk } from '../../lib/format';
import type { Range, Segment } from '../../lib/segments';
import { segment } from '../../lib/segments';
import { Icon } from '../../ui/icons';
import type { ShownSpan } from '../../lib/weak';
import { KIND_NAME, spanTone } from '../../ui/words';
import type { Selection } from './selection';

/** A span of this text: its index in the verdict, and its range here. */
export interface Placed {
  readonly index: number;
  readonly span: ShownSpan;
  readonly range: Range;
}

interface MarkedTextProps {
  readonly text: string;
  readonly placed: readonly Placed[];
  readonly selection: Selection;
}

export function MarkedText({ text, placed, selection }: MarkedTextProps) {
  const root = useRef<HTMLDivElement>(null);
  const { segments, outside } = segment(
    text,
    placed.map(one => one.range),
  );
  const { chosen } = selection;
  useEffect(() => {
    if (chosen === undefined) return;
    root.current?.querySelector(`[data-span~="${chosen}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <div ref={root}>
      {segments.map(piece => (
        <Fragment key={piece.start}>
          <Piece piece={piece} placed={placed} selection={selection} />
          {piece.closes.map(at => {
            const one = placed[at];
            return one && <Chip key={one.index} {...one} selection={selection} />;
          })}
        </Fragment>
      ))}
      {outside.map(at => {
        const one = placed[at];
        return one && <Chip key={one.index} {...one} selection={selection} />;
      })}
    </div>
  );
}

function Piece({ piece, placed, selection }: { piece: Segment; placed: readonly Placed[]; selection: Selection }) {
  const covering = piece.spans.map(at => placed[at]).filter(one => one !== undefined);
  // The shortest span is the one that is meant; the others can be reached around it.
  const top = [...covering].sort((a, b) => a.range.end - a.range.start - (b.range.end - b.range.start))[0];
  if (!top) return <>{piece.text}</>;
  const isActive = covering.some(one => one.index === selection.active);
  return (
    <mark
      class={isActive ? 'span span--active' : 'span'}
      data-tone={spanTone(top.span)}
      data-kind={top.span.kind}
      data-span={covering.map(one => one.index).join(' ')}
      onMouseEnter={() => selection.onHover(top.index)}
      onMouseLeave={() => selection.onHover(undefined)}
      onClick={() => getSelection()?.isCollapsed !== false && selection.onChoose(top.index)}
    >
      {piece.text}
    </mark>
  );
}

/** The small button that names a span's kind and chooses it. */
export function Chip({ index, span, selection }: { index: number; span: ShownSpan; selection: Selection }) {
  const found = span.evidence ? 'Shows the evidence.' : 'Nothing in the evidence.';
  return (
    <button
      type="button"
      class={index === selection.active ? 'spanchip spanchip--active' : 'spanchip'}
      data-tone={spanTone(span)}
      aria-pressed={index === selection.chosen}
      aria-label={`Span ${index + 1}: ${KIND_NAME[span.kind]}, risk ${risk(span.risk)}${span.weak ? ', a weak signal' : ''}. ${found}`}
      onMouseEnter={() => selection.onHover(index)}
      onMouseLeave={() => selection.onHover(undefined)}
      onFocus={() => selection.onHover(index)}
      onBlur={() => selection.onHover(undefined)}
      onClick={() => selection.onChoose(index)}
    >
      <Icon name={span.kind} />
      {span.weak ? 'Weak signal' : KIND_NAME[span.kind]}
    </button>
  );
}
