/** What the model said: the text of each choice and its tool calls, with the spans in them. */

import type { CapturedCall, Content } from '../../api/types';
import { layoutJson } from '../../lib/jsonlayout';
import { points } from '../../lib/points';
import type { ShownSpan } from '../../lib/weak';
import { Icon } from '../../ui/icons';
import { spanTone } from '../../ui/words';
import { Chip, MarkedText } from './marked';
import type { Placed } from './marked';
import type { Selection } from './selection';

interface AnswerProps {
  readonly content: Content;
  readonly spans: readonly ShownSpan[];
  readonly selection: Selection;
}

export function Answer({ content, spans, selection }: AnswerProps) {
  const choices = Math.max(content.texts.length, ...content.tool_calls.map(call => call.choice + 1), 1);
  return (
    <section class="panel answer" aria-label="Response">
      {Array.from({ length: choices }, (_, choice) => (
        <Choice
          key={choice}
          title={choices === 1 ? 'Response' : `Response ${choice + 1} of ${choices}`}
          text={content.texts[choice] ?? ''}
          placed={place(spans, span => span.choice === choice && span.call === undefined)}
          selection={selection}
          empty={!content.tool_calls.some(call => call.choice === choice)}
        >
          {content.tool_calls
            .filter(call => call.choice === choice)
            .map(call => (
              <Call
                key={call.call}
                call={call}
                placed={place(spans, span => span.choice === choice && span.call === call.call)}
                selection={selection}
              />
            ))}
        </Choice>
      ))}
    </section>
  );
}

function place(spans: readonly ShownSpan[], here: (span: ShownSpan) => boolean): Placed[] {
  return spans.map((span, index) => ({ index, span, range: span })).filter(({ span }) => here(span));
}

interface ChoiceProps {
  readonly title: string;
  readonly text: string;
  readonly placed: readonly Placed[];
  readonly selection: Selection;
  /** Neither text nor calls. */
  readonly empty: boolean;
  readonly children: preact.ComponentChildren;
}

function Choice({ title, text, placed, selection, empty, children }: ChoiceProps) {
  return (
    <div class="answer__choice">
      <div class="panel__head">
        <h2>{title}</h2>
        <span class="end faint">{placed.length > 0 ? 'Point at a mark, or press j and k' : ''}</span>
      </div>
      {text !== '' && (
        <div class="answer__text">
          <MarkedText text={text} placed={placed} selection={selection} />
        </div>
      )}
      {text === '' && empty && <p class="panel__body faint">No text.</p>}
      {children}
    </div>
  );
}

function Call({ call, placed, selection }: { call: CapturedCall; placed: readonly Placed[]; selection: Selection }) {
  const layout = layoutJson(call.arguments);
  const length = points(call.arguments).length;
  // A span over all arguments means the call as a whole: it stands on the name.
  const whole = placed.filter(({ range }) => range.start <= 0 && range.end >= length);
  const parts = placed.filter(one => !whole.includes(one)).map(one => ({ ...one, range: layout.move(one.range) }));
  const first = whole[0];
  return (
    <div class="call" data-tone={first && spanTone(first.span)}>
      <h3 class="call__name">
        <Icon name="tool_call" />
        <span class="visually-hidden">Tool call: </span>
        {first ? (
          <mark
            class={whole.some(one => one.index === selection.active) ? 'span span--active' : 'span'}
            data-kind={first.span.kind}
            data-span={whole.map(one => one.index).join(' ')}
          >
            <code>{call.name}</code>
          </mark>
        ) : (
          <code>{call.name}</code>
        )}
        {whole.map(one => (
          <Chip key={one.index} {...one} selection={selection} />
        ))}
      </h3>
      <div class="call__arguments mono">
        <MarkedText text={layout.text} placed={parts} selection={selection} />
      </div>
    </div>
  );
}
