// What does not fit on this screen, one sentence each. Text may end in an ellipsis where it says the whole under the
// pointer, lists may scroll inside themselves; anything else that is cut off, lies over something else or pushes the page
// aside is a defect. Times are never cut, not even with an ellipsis.
const problems = new Set();
const SLACK = 1.5;

const named = (element) => {
  const id = element.closest('[data-testid]')?.dataset.testid;
  const kind = element.className?.baseVal ?? element.className;
  return `<${element.tagName.toLowerCase()}${kind ? ` class="${kind}"` : ''}>${id ? ` in ${id}` : ''}`;
};
const said = (text) => JSON.stringify(text.trim().replace(/\s+/g, ' ').slice(0, 60));
const clips = (style, side) => style[side] === 'hidden' || style[side] === 'clip';
const scrolls = (style, side) => style[side] === 'auto' || style[side] === 'scroll';
/** Folded away, or kept for screen readers alone. */
const unseen = (element) => {
  if (!element.checkVisibility()) return true;
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.visibility === 'hidden' || style.opacity === '0' || style.clip !== 'auto' || style.clipPath !== 'none' || at.inert) return true;
    if (at.getAttribute('aria-hidden') === 'true' && at.classList.contains('editor__paint')) return true;
  }
  return false;
};

/** What stays in its place while the rest scrolls below it, and what floats over everything for a moment. */
function layerOf(element) {
  for (let at = element; at; at = at.parentElement) {
    if (['sticky', 'fixed'].includes(getComputedStyle(at).position) || at.matches('[role=menu], [role=dialog]')) return at;
  }
  return null;
}

/** What is left of a box inside everything that clips or scrolls around it; tells of a cut that nobody meant. */
function shownPart(element, box, text) {
  const shown = { left: box.left, right: box.right, top: box.top, bottom: box.bottom };
  let meant = false;
  for (let at = element; at && at !== document.documentElement; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.display === 'inline' || style.display === 'contents') continue;
    if (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') meant = true;
    const frame = at.getBoundingClientRect();
    for (const [axis, low, high] of [['overflowX', 'left', 'right'], ['overflowY', 'top', 'bottom']]) {
      if (clips(style, axis) && !meant && !at.matches('body') && (shown[low] < frame[low] - SLACK || shown[high] > frame[high] + SLACK)) {
        problems.add(`${said(text)} is cut off by ${named(at)}`);
      }
      if (clips(style, axis) || scrolls(style, axis)) {
        shown[low] = Math.max(shown[low], frame[low]);
        shown[high] = Math.min(shown[high], frame[high]);
        if (scrolls(style, axis)) meant = true;
      }
    }
    if (style.position === 'fixed') break;
  }
  return shown.right - shown.left > 1 && shown.bottom - shown.top > 1 ? shown : null;
}

const dialog = document.querySelector('dialog[open]');
const lines = [];
const walk = document.createTreeWalker(dialog ?? document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const node = walk.currentNode;
  const element = node.parentElement;
  if (node.data.trim() === '' || element.matches('script, style, option, textarea, .titlefield') || unseen(element)) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) {
    if (box.width < 1 || box.height < 1) continue;
    const holder = element.closest('button, a.btn, .chip, .tab, .btn, [role=tab], td, th');
    if (holder) {
      const frame = holder.getBoundingClientRect();
      const cut = getComputedStyle(holder).textOverflow === 'ellipsis' || element.closest('.cut');
      if (!cut && (box.left < frame.left - SLACK || box.right > frame.right + SLACK)) problems.add(`${said(node.data)} sticks out of ${named(holder)}`);
    }
    const shown = shownPart(element, box, node.data);
    if (!shown) continue;
    if (shown.right > innerWidth + SLACK || shown.left < -SLACK) problems.add(`${said(node.data)} leaves the window`);
    lines.push({ ...shown, node, element, above: layerOf(element) });
  }
}

lines.sort((a, b) => a.top - b.top);
for (let one = 0; one < lines.length; one += 1) {
  for (let other = one + 1; other < lines.length && lines[other].top < lines[one].bottom - 4; other += 1) {
    const [a, b] = [lines[one], lines[other]];
    if (a.node === b.node || a.above !== b.above) continue;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 3 && high > 5) problems.add(`${said(a.node.data)} and ${said(b.node.data)} lie over each other`);
  }
}

for (const element of (dialog ?? document.body).querySelectorAll('*')) {
  if (element.scrollWidth <= element.clientWidth + 1 || getComputedStyle(element).textOverflow !== 'ellipsis' || element.matches('input, select, .titlefield') || unseen(element)) continue;
  element.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
  if (!element.closest('[title]')) problems.add(`${said(element.innerText)} is cut off, and ${named(element)} does not say the whole`);
  if (/\d[:.]\d\d(?!\d)/.test(element.innerText) && !element.closest('[data-testid=now-bar]')) problems.add(`the time in ${said(element.innerText)} is cut off`);
  element.dispatchEvent(new PointerEvent('pointerleave'));
}

for (const control of (dialog ?? document).querySelectorAll('a[href], button, input, select, textarea')) {
  const box = control.getBoundingClientRect();
  if (box.width < 2 || box.height < 2 || unseen(control) || control.matches('.skiplink')) continue;
  const shown = shownPart(control, { left: box.left, right: box.right, top: box.top, bottom: box.bottom }, control.innerText ?? '');
  if (!shown || shown.bottom > innerHeight || shown.right > innerWidth || shown.top < 0) continue;
  const top = document.elementFromPoint((shown.left + shown.right) / 2, (shown.top + shown.bottom) / 2);
  // A label stands for its control, and what floats or stays in its place may lie over what scrolls below it.
  const own = !top || control.contains(top) || top.contains(control) || top.closest('label')?.contains(control) || control.parentElement.contains(top);
  if (!own && layerOf(top) === layerOf(control)) problems.add(`${named(top)} lies over ${named(control)}`);
}

const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) problems.add(`the page is ${root.scrollWidth - root.clientWidth} px too wide`);
const main = document.querySelector('main');
if (main && main.scrollWidth > main.clientWidth) problems.add(`the screen is ${main.scrollWidth - main.clientWidth} px wider than its place`);
const bar = document.querySelector('[data-testid=now-bar]');
// The place around a menu takes the click that closes it.
if (bar && !dialog && !document.querySelector('.contextmenu')) {
  const frame = bar.getBoundingClientRect();
  if (frame.bottom > innerHeight + SLACK) problems.add('the now bar leaves the window');
  for (let x = frame.left + 3; x < frame.right; x += 24) {
    const top = document.elementFromPoint(x, frame.top + frame.height / 2);
    if (top && !bar.contains(top)) problems.add(`${named(top)} lies over the now bar`);
  }
}
return [...problems];
