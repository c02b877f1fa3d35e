/** Decodes server-sent events from text that arrives in pieces (WHATWG HTML, "Interpreting an event stream"). */

export interface SseEvent {
  readonly name: string;
  readonly data: string;
  /** The last event id seen so far. */
  readonly id: string;
}

export class SseParser {
  #rest = '';
  #started = false;
  #skipLf = false;
  #name = '';
  #data: string[] = [];
  #id = '';
  /** The reconnection time the server asked for, milliseconds. */
  retry: number | undefined;

  /** The events that `chunk` completes. */
  push(chunk: string): SseEvent[] {
    if (!this.#started && chunk !== '') {
      this.#started = true;
      if (chunk.startsWith('\uFEFF')) chunk = chunk.slice(1);
    }
    if (this.#skipLf && chunk !== '') {
      this.#skipLf = false;
      if (chunk.startsWith('\n')) chunk = chunk.slice(1);
    }
    const events: SseEvent[] = [];
    let text = this.#rest + chunk;
    for (;;) {
      const end = text.search(/[\r\n]/);
      if (end < 0) break;
      const event = this.#line(text.slice(0, end));
      if (event) events.push(event);
      if (text[end] === '\r' && end + 1 === text.length) this.#skipLf = true;
      text = text.slice(text.startsWith('\r\n', end) ? end + 2 : end + 1);
    }
    this.#rest = text;
    return events;
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    if (line.startsWith(':')) return undefined;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n'), id: this.#id };
    const empty = this.#data.length === 0;
    this.#name = '';
    this.#data = [];
    return empty ? undefined : event;
  }
}
