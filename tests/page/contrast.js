// The contrast of all text that is seen, by WCAG 2: a list of [text, ratio, needed] of what has too little.
// Colours may be in any form that CSS has; what lies under a translucent background that nothing opaque is under,
// such as a video, may be black or white.
const canvas = document.createElement('canvas');
const context = canvas.getContext('2d', {willReadFrequently: true});

/** [red, green, blue, alpha], 0 to 1. */
function parse(colour) {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red / 255, green / 255, blue / 255, alpha / 255];
}

function over(upper, lower) {
  return [0, 1, 2].map((i) => upper[i] * upper[3] + lower[i] * (1 - upper[3])).concat(1);
}

function luminance([red, green, blue]) {
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function ratio(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

/** What may be behind an element's text. */
function backgrounds(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour[3] > 0) layers.push(colour);
    if (colour[3] === 1) break;
    if (at.id === 'stage') break;
  }
  const opaque = layers.at(-1)?.[3] === 1;
  return (opaque ? [layers.pop()] : [[0, 0, 0, 1], [1, 1, 1, 1]])
      .map((lowest) => layers.reduceRight((below, layer) => over(layer, below), lowest));
}

function opacity(element) {
  let all = 1;
  for (let at = element; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
  return all;
}

function check(text, element, colour) {
  const style = getComputedStyle(element);
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  const front = parse(colour);
  front[3] *= opacity(element);
  const least = Math.min(...backgrounds(element).map((back) => ratio(over(front, back), back)));
  return [text.trim().slice(0, 40), Math.round(least * 100) / 100, needed];
}

const checked = [];
const isSeen = (element) => element.checkVisibility({checkOpacity: false, checkVisibilityCSS: true}) &&
  !element.closest('.unseen, .sprite, noscript');
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const {data, parentElement} = walker.currentNode;
  if (data.trim() && isSeen(parentElement))
    checked.push(check(data, parentElement, getComputedStyle(parentElement).color));
}
for (const field of document.querySelectorAll('input, textarea')) {
  if (!isSeen(field)) continue;
  if (field.placeholder) checked.push(check(field.placeholder, field, getComputedStyle(field, '::placeholder').color));
  if (field.value && !['range', 'color', 'checkbox'].includes(field.type))
    checked.push(check(field.value, field, getComputedStyle(field).color));
}
// The chart's text has these colours.
const chart = document.getElementById('history');
for (const name of ['--text', '--muted'])
  checked.push(check(`chart ${name}`, chart, getComputedStyle(chart).getPropertyValue(name)));
return {count: checked.length, poor: checked.filter(([, least, needed]) => least < needed)};
