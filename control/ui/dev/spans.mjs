// Reads the `⟦kind risk|words|source: passage⟧` marks of the written conversations; offsets come out in scalar values.

/** The text without marks, and its spans. Marks nest. */
export function readMarks(marked, evidence, place) {
  const out = [];
  const open = [];
  const spans = [];
  const chars = Array.from(marked);
  for (let i = 0; i < chars.length; i++) {
    if (chars[i] === '⟦') {
      const bar = chars.indexOf('|', i);
      const [kind, risk] = chars
        .slice(i + 1, bar)
        .join('')
        .split(' ');
      open.push({ ...place, start: out.length, end: 0, kind, risk: Number(risk) });
      i = bar;
    } else if (open.length > 0 && chars[i] === '|') {
      const close = chars.indexOf('⟧', i);
      const span = open.at(-1);
      span.end = out.length;
      span.evidence = findPassage(chars.slice(i + 1, close).join(''), evidence);
      spans.push(open.pop());
      i = close;
    } else if (open.length > 0 && chars[i] === '⟧') {
      open.at(-1).end = out.length;
      spans.push(open.pop());
    } else out.push(chars[i]);
  }
  if (open.length > 0) throw new Error(`a mark is not closed: ${marked}`);
  return { text: out.join(''), spans: spans.sort((a, b) => a.start - b.start) };
}

function findPassage(reference, evidence) {
  const [source, ...rest] = reference.split(': ');
  const passage = rest.join(': ');
  const text = evidence.find(([label, , body]) => label === source && body.includes(passage))?.[2];
  if (text === undefined) throw new Error(`no such passage: ${reference}`);
  const start = Array.from(text.slice(0, text.indexOf(passage))).length;
  return { source, start, end: start + Array.from(passage).length };
}
