/** The band across the gutter, from the lines of the span looked at to those of its passage. Decoration: it says nothing that is
 * not said elsewhere. */

import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface ThreadProps {
  /** Holds both columns; the thread is drawn in its coordinates. */
  readonly frame: RefObject<HTMLElement | null>;
  readonly active: number | undefined;
  readonly tone: string | undefined;
}

/** SVG paths: the filled band, and its two long edges. */
interface Band {
  readonly band: string;
  readonly edges: string;
}

/** How long the passage may still be on its way, milliseconds. */
const FOLLOW_MS = 700;

export function Thread({ frame, active, tone }: ThreadProps) {
  const [shape, setShape] = useState<Band | undefined>();
  useEffect(() => {
    const element = frame.current;
    if (active === undefined || !element) {
      setShape(undefined);
      return undefined;
    }
    const measure = () => setShape(between(element, active));
    let raf = 0;
    const until = performance.now() + FOLLOW_MS;
    const follow = () => {
      measure();
      if (performance.now() < until) raf = requestAnimationFrame(follow);
    };
    follow();
    document.addEventListener('scroll', measure, { capture: true, passive: true });
    addEventListener('resize', measure);
    return () => {
      cancelAnimationFrame(raf);
      document.removeEventListener('scroll', measure, { capture: true });
      removeEventListener('resize', measure);
    };
  }, [frame, active]);
  if (!shape) return null;
  return (
    <svg class="thread" aria-hidden="true" data-tone={tone}>
      <path class="thread__band" d={shape.band} />
      <path class="thread__edge" d={shape.edges} />
    </svg>
  );
}

function between(frame: HTMLElement, active: number): Band | undefined {
  const answer = frame.querySelector('.answer')?.getBoundingClientRect();
  const sources = frame.querySelector('.evidence__sources')?.getBoundingClientRect();
  const spans = rectsOf(frame, `.answer [data-span~="${active}"]`);
  const passages = rectsOf(frame, `[data-for~="${active}"]`);
  if (!answer || !sources || sources.left < answer.right || spans.length === 0 || passages.length === 0)
    return undefined;
  const origin = frame.getBoundingClientRect();
  const [a, b] = extent(spans, answer.top, answer.bottom, origin.top);
  const [c, d] = extent(passages, sources.top, sources.bottom, origin.top);
  const left = answer.right - origin.left;
  const right = sources.left - origin.left;
  const middle = (left + right) / 2;
  const over = (y1: number, y2: number) => `C${middle} ${y1} ${middle} ${y2} ${right} ${y2}`;
  return {
    band: `M${left} ${a}${over(a, c)}V${d}C${middle} ${d} ${middle} ${b} ${left} ${b}Z`,
    edges: `M${left} ${a}${over(a, c)}M${left} ${b}${over(b, d)}`,
  };
}

function rectsOf(frame: HTMLElement, selector: string): DOMRect[] {
  return [...frame.querySelectorAll(selector)].flatMap(element => [...element.getClientRects()]);
}

/** Top and bottom of the rectangles, kept within a box, counted from `origin`. */
function extent(rects: readonly DOMRect[], top: number, bottom: number, origin: number): [number, number] {
  const keep = (y: number) => Math.min(bottom - 2, Math.max(top + 2, y)) - origin;
  return [keep(Math.min(...rects.map(rect => rect.top))), keep(Math.max(...rects.map(rect => rect.bottom)))];
}
