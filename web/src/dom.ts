// Pages are written as HTML text and then merged into what is there: equal parts stay untouched, so that nothing jumps,
// focus stays, and an open scroll position is kept.

/** Text made safe for HTML, by the `html` tag; nested `html` stays as it is. */
export class Markup { constructor(readonly text: string) {} }
type Part = Markup | string | number | null | undefined | false | Part[];

function write(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(write).join("");
  return String(part).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function html(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  return new Markup(strings.reduce((text, string, i) => text + string + (i < parts.length ? write(parts[i]) : ""), ""));
}

const shown = new WeakMap<Element, string>();

export function show(target: Element, markup: Markup): void {
  if (shown.get(target) === markup.text) return;
  shown.set(target, markup.text);
  const next = target.cloneNode(false) as Element;
  next.innerHTML = markup.text;
  merge(target, next);
}

function same(a: Node, b: Node): boolean {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);
}

function key(node: Node): string | null { return node instanceof Element ? node.getAttribute("data-key") : null; }

function merge(present: Node, next: Node): void {
  if (present instanceof Element && next instanceof Element) {
    for (const { name } of [...present.attributes]) if (!next.hasAttribute(name)) present.removeAttribute(name);
    for (const { name, value } of [...next.attributes]) if (present.getAttribute(name) !== value) present.setAttribute(name, value);
  } else if (present.nodeValue !== next.nodeValue) {
    present.nodeValue = next.nodeValue;
  }
  let at = present.firstChild;
  for (const child of [...next.childNodes]) {
    const found = find(at, child);
    if (!found) { present.insertBefore(child, at); continue; }
    if (found !== at) present.insertBefore(found, at);
    merge(found, child);
    at = found.nextSibling;
  }
  while (at) { const gone = at; at = at.nextSibling; present.removeChild(gone); }
}

/** The node to reuse for `wanted`: the next one, or for keyed ones any further on. */
function find(from: Node | null, wanted: Node): Node | null {
  if (key(wanted) === null) return from && same(from, wanted) ? from : null;
  for (let node = from; node; node = node.nextSibling) if (same(node, wanted)) return node;
  return null;
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}
