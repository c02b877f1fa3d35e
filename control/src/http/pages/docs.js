// Draws /openapi.json: operations with parameters, schemas and examples, and a form to try those that only read.
// Everything is put in as text; nothing from the document becomes markup.
'use strict';

const el = (name, props = {}, ...children) => {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children.filter(child => child !== undefined && child !== ''));
  return node;
};

// Text in which `code` stands between backticks.
const prose = text => (text ?? '').split('`').map((part, i) => (i % 2 === 1 ? el('code', { textContent: part }) : part)).filter(part => part !== '');

let schemas = {};

const resolve = schema => {
  const name = schema?.$ref?.split('/').pop();
  return name ? { name, schema: schemas[name] ?? {} } : { name: undefined, schema: schema ?? {} };
};

const typeOf = schema => {
  const { name, schema: own } = resolve(schema);
  if (name) return name;
  if (own.oneOf || own.anyOf) return (own.oneOf ?? own.anyOf).map(typeOf).filter(t => t !== 'null').join(' or ');
  if (own.enum) return own.enum.map(v => JSON.stringify(v)).join(' | ');
  const types = [own.type ?? 'anything'].flat().filter(t => t !== 'null');
  if (types.includes('array')) return `array of ${typeOf(own.items)}`;
  if (own.additionalProperties) return `map to ${typeOf(own.additionalProperties)}`;
  return types.join(' or ') + (own.format ? ` (${own.format})` : '');
};

// The members of an object, those of everything it is made of included.
const members = (schema, seen = new Set()) => {
  const { name, schema: own } = resolve(schema);
  if (name && seen.has(name)) return [];
  const inner = name ? new Set(seen).add(name) : seen;
  const parts = (own.allOf ?? []).flatMap(part => members(part, inner));
  const required = new Set(own.required ?? []);
  const mine = Object.entries(own.properties ?? {}).map(([key, value]) => ({ key, value, required: required.has(key), seen: inner }));
  return [...parts, ...mine];
};

const below = schema => {
  const { schema: own } = resolve(schema);
  if (own.items) return own.items;
  if (typeof own.additionalProperties === 'object') return own.additionalProperties;
  const choice = (own.oneOf ?? own.anyOf)?.find(part => resolve(part).schema.type !== 'null');
  return choice ?? schema;
};

const drawMembers = (schema, seen = new Set()) => {
  const list = el('ul');
  for (const member of members(schema, seen)) {
    const label = el('span', {}, el('code', { textContent: member.key }), ' ',
      el('span', { className: 'type', textContent: typeOf(member.value) + (member.required ? '' : ', may be absent') }),
      member.value.description ?? resolve(member.value).schema.description
        ? el('span', { className: 'note' }, ' — ', ...prose(member.value.description ?? resolve(member.value).schema.description)) : '');
    const inner = below(member.value);
    const name = resolve(inner).name;
    if (members(inner, member.seen).length > 0 && !(name && member.seen.has(name))) {
      const fold = el('details', {}, el('summary', {}, label));
      fold.addEventListener('toggle', () => fold.childElementCount === 1 && fold.append(drawMembers(inner, member.seen)), { once: true });
      list.append(el('li', {}, fold));
    } else list.append(el('li', {}, label));
  }
  const { schema: own } = resolve(schema);
  if (own.enum) list.append(el('li', {}, el('span', { className: 'type', textContent: typeOf(own) })));
  return list;
};

const drawContent = (title, content) => Object.entries(content ?? {}).flatMap(([kind, { schema, example }]) => {
  const nodes = [el('h3', { textContent: `${title}: ${kind}` })];
  const target = resolve(schema).schema.items ?? schema;
  if (members(target).length > 0) nodes.push(el('div', { className: 'schema' }, el('span', { className: 'type', textContent: typeOf(schema) }), drawMembers(target)));
  if (example !== undefined) nodes.push(el('pre', { textContent: typeof example === 'string' ? example : JSON.stringify(example, null, 2) }));
  return nodes;
});

const tryIt = (path, parameters) => {
  const inputs = new Map(parameters.map(p => [p, el('input', { ariaLabel: p.name, placeholder: String(p.example ?? '') })]));
  const output = el('pre', { hidden: true });
  const send = async () => {
    let address = path;
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === 'path') address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== '') query.set(parameter.name, input.value);
    }
    const url = query.size > 0 ? `${address}?${query}` : address;
    output.hidden = false;
    output.textContent = `GET ${url}\n…`;
    try {
      const begun = performance.now();
      const response = await fetch(url);
      const text = await response.text();
      const took = Math.round(performance.now() - begun);
      let shown = text;
      try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it is */ }
      output.textContent = `GET ${url}\n${response.status} ${response.statusText} in ${took} ms\n\n${shown}`;
    } catch (error) {
      output.textContent = `GET ${url}\n${error}`;
    }
  };
  const form = el('form', {}, el('button', { textContent: 'Try it' }));
  form.addEventListener('submit', event => { event.preventDefault(); void send(); });
  for (const input of inputs.values()) input.addEventListener('keydown', event => event.key === 'Enter' && void send());
  return { inputs, form, output };
};

const drawOperation = (path, method, operation) => {
  const body = el('div');
  const box = el('details', { className: 'operation', id: operation.operationId ?? '' },
    el('summary', {}, el('span', { className: 'method', textContent: method }), el('span', { className: 'path', textContent: path }), el('span', { className: 'note', textContent: operation.summary ?? '' })),
    body);
  box.addEventListener('toggle', () => {
    if (operation.description) body.append(el('p', {}, ...prose(operation.description)));
    const parameters = operation.parameters ?? [];
    const query = parameters.filter(p => p.in !== 'header');
    const live = method === 'get' && !Object.keys(operation.responses['200']?.content ?? {}).includes('text/event-stream');
    const attempt = live ? tryIt(path, query) : undefined;
    if (parameters.length > 0) {
      const table = el('table', {}, el('tr', {}, el('th', { textContent: 'Parameter' }), el('th', { textContent: 'Meaning' }), live ? el('th', { textContent: 'Value' }) : ''));
      for (const p of parameters) table.append(el('tr', {},
        el('td', {}, el('code', { textContent: p.name }), el('div', { className: 'note', textContent: `${typeOf(p.schema)}, ${p.in}` })),
        el('td', {}, ...prose(p.description)),
        live ? el('td', {}, attempt.inputs.get(p) ?? '') : ''));
      body.append(el('h3', { textContent: 'Parameters' }), table);
    }
    if (attempt) body.append(attempt.form, attempt.output);
    body.append(...drawContent('Request', operation.requestBody?.content));
    for (const [status, response] of Object.entries(operation.responses))
      body.append(el('h3', { textContent: `${status === 'default' ? 'Otherwise' : status}` }), el('p', { className: 'note' }, ...prose(response.description)), ...drawContent('Answer', response.content));
  }, { once: true });
  return box;
};

const draw = document_ => {
  schemas = document_.components?.schemas ?? {};
  document.getElementById('about').replaceChildren(...prose(`${document_.info.description} Version ${document_.info.version}.`));
  const main = document.getElementById('operations');
  const boxes = [];
  for (const tag of document_.tags ?? []) {
    const section = el('section', {}, el('h2', { textContent: tag.name }), el('p', { className: 'note', textContent: tag.description ?? '' }));
    for (const [path, item] of Object.entries(document_.paths))
      for (const [method, operation] of Object.entries(item))
        if (operation.tags?.includes(tag.name)) {
          const box = drawOperation(path, method, operation);
          boxes.push([box, `${path} ${method} ${JSON.stringify(operation)}`.toLowerCase()]);
          section.append(box);
        }
    main.append(section);
  }
  const find = document.getElementById('find');
  find.addEventListener('input', () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const [box, text] of boxes) box.hidden = !words.every(word => text.includes(word));
  });
  const wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (wanted) wanted.open = true;
};

fetch('/openapi.json')
  .then(response => (response.ok ? response.json() : Promise.reject(new Error(`${response.status} ${response.statusText}`))))
  .then(draw)
  .catch(error => { document.getElementById('about').textContent = `The description could not be loaded: ${error.message}`; });
