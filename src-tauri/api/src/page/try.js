// Shows the paths of the document and lets each be tried. The token stays in the page's memory.
'use strict';

const byId = (id) => document.getElementById(id);

function made(tag, text, parent) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  parent?.append(element);
  return element;
}

function field(name, hint, parent) {
  const label = made('label', `${name} `, parent);
  const input = made('input', '', label);
  input.placeholder = hint ?? '';
  input.spellcheck = false;
  return input;
}

// An example of what a schema describes: its own where there is one, else its required fields.
function example(schema, schemas) {
  if (!schema) return null;
  if (schema.$ref) return example(schemas[schema.$ref.split('/').pop()], schemas);
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  for (const many of [schema.oneOf, schema.anyOf, schema.allOf]) if (many) return example(many.find((one) => one.type !== 'null'), schemas);
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  if (type === 'object') {
    const wanted = Object.entries(schema.properties ?? {}).filter(([name, of]) => schema.required?.includes(name) || of.example !== undefined);
    return Object.fromEntries(wanted.map(([name, of]) => [name, example(of, schemas)]));
  }
  if (type === 'array') return [example(schema.items, schemas)];
  return { integer: 1, number: 1, boolean: false, string: '' }[type] ?? null;
}

function show(path, method, operation, schemas, parent) {
  const details = made('details', '', parent);
  const summary = made('summary', '', details);
  made('code', method.toUpperCase(), summary).className = 'method';
  made('code', path, summary);
  made('span', ` ${operation.summary ?? ''}`, summary);
  if (operation.description) made('p', operation.description, details);
  const parameters = (operation.parameters ?? []).map((one) => ({ ...one, input: field(one.name, one.description, details) }));
  const content = operation.requestBody?.content;
  const kind = content && Object.keys(content)[0];
  let body = null;
  if (kind === 'application/json') {
    body = made('textarea', '', details);
    body.spellcheck = false;
    body.value = JSON.stringify(example(content[kind].schema, schemas), null, 2);
  } else if (kind) {
    body = made('input', '', details);
    body.type = 'file';
  }
  const button = made('button', 'Send', details);
  const answer = made('pre', '', details);
  answer.hidden = true;
  button.addEventListener('click', async () => {
    button.disabled = true;
    answer.hidden = false;
    answer.textContent = await ask(path, method, parameters, kind, body).catch((error) => String(error));
    button.disabled = false;
  });
}

async function ask(path, method, parameters, kind, body) {
  const query = new URLSearchParams();
  const headers = { Authorization: `Bearer ${byId('token').value.trim()}` };
  let place = path;
  for (const { name, in: where, input } of parameters) {
    const value = input.value.trim();
    if (where === 'path') place = place.replace(`{${name}}`, encodeURIComponent(value));
    else if (value && where === 'query') query.set(name, value);
    else if (value && where === 'header') headers[name] = value;
  }
  const sent = kind === 'application/json' ? body.value : body?.files?.[0];
  if (sent !== undefined) headers['Content-Type'] = kind;
  const asked = [...query].length ? `${place}?${query}` : place;
  const response = await fetch(asked, { method: method.toUpperCase(), headers, body: sent });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const { value } = await response.body.getReader().read();
    return new TextDecoder().decode(value);
  }
  const text = await response.text();
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON, and shown as it is. */ }
  return `${response.status} ${response.statusText}\n\n${shown}`;
}

async function begin() {
  const api = await (await fetch('/api/openapi.json')).json();
  byId('about').textContent = api.info.description;
  const parts = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of ['get', 'post', 'put', 'delete']) {
      if (!item[method]) continue;
      const tag = item[method].tags?.[0] ?? 'other';
      if (!parts.has(tag)) {
        const section = made('section', '', byId('paths'));
        made('h2', tag, section);
        parts.set(tag, section);
      }
      show(path, method, item[method], api.components.schemas, parts.get(tag));
    }
  }
}

begin();
