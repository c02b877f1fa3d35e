/** What the model said: the text of each choice and its tool calls, with the spans in them. */

import type { CapturedCall, Content, Span } from '../../api/types';
import { layoutJson } from '../../lib/jsonlayout';
import { Icon } from '../../ui/icons';
import { MarkedText } from './marked';
import type { Placed } from './marked';
import type { Selection } from './selection';

interface AnswerProps {
  readonly content: Content;
  readonly spans: readonly Span[];
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

function place(spans: readonly Span[], here: (span: Span) => boolean): Placed[] {
  return spans.map((span, index) => ({ index, span, range: span })).filter(({ span }) => here(span));
}

interface ChoiceProps {
  readonly title: string;
  readonly text: string;
  readonly placed: readonly Placed[];
  readonly selection: Selection;
  readonly children: preact.ComponentChildren;
}

function Choice({ title, text, placed, selection, children }: ChoiceProps) {
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
      {text === '' && placed.length === 0 && <p class="panel__body faint">No text.</p>}
      {children}
    </div>
  );
}

function Call({ call, placed, selection }: { call: CapturedCall; placed: readonly Placed[]; selection: Selection }) {
  const layout = layoutJson(call.arguments);
  return (
    <div class="call">
      <h3 class="call__name">
        <Icon name="tool_call" />
        <span class="visually-hidden">Tool call: </span>
        <code>{call.name}</code>
      </h3>
      <div class="call__arguments mono">
        <MarkedText
          text={layout.text}
          placed={placed.map(one => ({ ...one, range: layout.move(one.range) }))}
          selection={selection}
        />
      </div>
    </div>
  );
}
