// What on this screen cannot be read, or not be seen to have the focus, while a control is at rest, under the pointer,
// pressed, or has the focus; one sentence each. The page's own rules for these states are copied to a class, so that every
// control can be looked at in every state without a pointer that has to be everywhere.
const problems = new Set();
const STATES = { hover: ['hover'], pressed: ['hover', 'active'], focus: ['focus', 'focus-visible', 'focus-within'] };
const CONTROLS = 'a[href], button, input, select, textarea, summary, [role=tab], [role=option], [role=menuitem], tr[tabindex], label';
const TEXT = 4.5;
const LARGE = 3;
const SHAPE = 3;

const dialog = document.querySelector('dialog[open]');
const theme = document.documentElement.dataset.theme;

/** Every rule of a state once more, right behind itself, with a class in place of the state: both count the same. */
function copyStates() {
  const copies = [];
  const visit = (holder) => {
    for (let at = holder.cssRules.length - 1; at >= 0; at -= 1) {
      const rule = holder.cssRules[at];
      if (rule.selectorText && /:(hover|active|focus)/.test(rule.selectorText)) {
        const selector = rule.selectorText.replace(/:(hover|active|focus-visible|focus-within|focus)(?![\w-])/g, '.sweep-$1');
        holder.insertRule(`${selector} { ${rule.style.cssText} }`, at + 1);
        copies.push([holder, holder.cssRules[at + 1]]);
      } else if (rule.cssRules && !rule.selectorText) {
        visit(rule);
      }
    }
  };
  const sheets = [...document.styleSheets];
  sheets.forEach(visit);
  const [last] = sheets.slice(-1);
  last.insertRule('*, *::before, *::after { transition: none !important; animation: none !important; }', last.cssRules.length);
  copies.push([last, last.cssRules[last.cssRules.length - 1]]);
  return () => { for (const [holder, copy] of copies) holder.deleteRule([...holder.cssRules].indexOf(copy)); };
}

const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const known = new Map();
/** Any colour that CSS can write, as red, green, blue and how opaque it is. */
function colour(text) {
  if (!known.has(text)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(text, [red, green, blue, alpha / 255]);
  }
  return known.get(text);
}
const over = (top, below, opacity = 1) => {
  const alpha = top[3] * opacity;
  return [0, 1, 2].map((at) => top[at] * alpha + below[at] * (1 - alpha)).concat(1);
};
const light = ([...channels]) => {
  const [red, green, blue] = channels.slice(0, 3).map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ratio = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};

/** What lies behind an element: a colour, or several where a pattern is drawn. */
function grounds(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    const drawn = style.backgroundImage.match(/rgba?\([^)]*\)|color\([^)]*\)/g);
    if (drawn) layers.push(drawn.map(colour));
    const own = colour(style.backgroundColor);
    if (own[3] > 0) layers.push([own]);
    if (own[3] === 1 || at === dialog) break;
  }
  let below = [[255, 255, 255, 1]];
  for (const layer of layers.reverse()) below = layer.flatMap((top) => below.map((one) => over(top, one)));
  return below;
}
const opacityOf = (element) => {
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
  return opacity;
};
const seen = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility === 'visible' && !element.closest('.sr, [inert], :disabled, [aria-disabled=true]');
};
const named = (control) => control.closest('[data-testid]')?.dataset.testid ?? `<${control.tagName.toLowerCase()} class="${control.className?.baseVal ?? control.className}">`;
const words = (text) => JSON.stringify(text.trim().replace(/\s+/g, ' ').slice(0, 40));

/** Each piece of text and each drawn sign in a control, with the contrast it needs. */
function* pieces(control) {
  const texts = document.createTreeWalker(control, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    const mark = texts.currentNode.data.trim();
    if (mark === '' || !seen(holder) || /^\p{Extended_Pictographic}/u.test(mark)) continue;
    const style = getComputedStyle(holder);
    const size = parseFloat(style.fontSize);
    yield { holder, what: words(mark), paint: style.webkitTextFillColor, needs: size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? LARGE : TEXT };
  }
  for (const sign of control.querySelectorAll('svg')) {
    if (!seen(sign) || !control.matches('a, button, [role]') || control.textContent.trim() !== '') continue;
    yield { holder: sign, what: 'its sign', paint: getComputedStyle(sign).color, needs: SHAPE };
  }
  if (control.matches('input:not([type=radio]):not([type=checkbox]), textarea, select')) {
    const style = getComputedStyle(control);
    if (colour(style.color)[3] > 0) yield { holder: control, what: words(control.value || control.placeholder || ''), paint: style.color, needs: TEXT };
    if (control.placeholder && control.value === '') yield { holder: control, what: words(control.placeholder), paint: getComputedStyle(control, '::placeholder').color, needs: TEXT };
  }
}

function read(control, state) {
  for (const { holder, what, paint, needs } of pieces(control)) {
    const opacity = opacityOf(holder);
    for (const ground of grounds(holder)) {
      const found = ratio(over(colour(paint), ground, opacity), ground);
      if (found < needs - 0.01) problems.add(`${named(control)}, ${state}, ${theme}: ${what} has ${found.toFixed(2)}:1, not ${needs}:1`);
    }
  }
}

/** Everything about a control and what holds it that a focus could change. */
const edges = (control) => {
  const held = [];
  for (let at = control, up = 0; at && up < 4; at = at.parentElement, up += 1) held.push(at);
  return held.flatMap((at) => {
    const style = getComputedStyle(at);
    return [{ at, paint: style.boxShadow }, { at, paint: style.outlineStyle === 'none' ? '' : style.outlineColor }, { at, paint: style.borderTopColor }];
  });
};

/** A focus is seen by an edge that was not there before and stands out from what is around it. */
function focused(control, before) {
  const changed = edges(control).filter(({ paint }, at) => paint !== before[at]?.paint && paint !== '' && paint !== 'none');
  const clear = changed.some(({ at, paint }) => (paint.match(/rgba?\([^)]*\)|color\([^)]*\)/g) ?? []).some((text) => grounds(at.parentElement ?? at).some((ground) => ratio(over(colour(text), ground), ground) >= SHAPE)));
  if (!clear) problems.add(`${named(control)}, focus, ${theme}: nothing shows that it has the focus`);
}

function put(control, classes) {
  const chain = [];
  for (let at = control; at; at = at.parentElement) chain.push(at);
  for (const at of chain) {
    for (const name of classes) {
      // The pointer is over everything around a control; the focus is in one place alone.
      const own = name === 'focus' || name === 'focus-visible' ? at === control : true;
      if (own) at.classList.add(`sweep-${name}`);
    }
  }
  return () => { for (const at of chain) for (const name of classes) at.classList.remove(`sweep-${name}`); };
}

const undo = copyStates();
const focus = document.activeElement;
if (focus instanceof HTMLElement) focus.blur();
try {
  for (const control of (dialog ?? document).querySelectorAll(CONTROLS)) {
    if (!seen(control) || control.matches('[type=hidden], .skiplink')) continue;
    read(control, 'at rest');
    const before = edges(control);
    for (const [state, classes] of Object.entries(STATES)) {
      const away = put(control, classes);
      read(control, state);
      if (state === 'focus' && !control.matches('label, [role=option], [tabindex="-1"]')) focused(control, before);
      away();
    }
  }
} finally {
  undo();
}
return [...problems];
