// Making elements of the page.

/**
 * An element with these properties and children. `data` goes to dataset, names with a hyphen and `role` become
 * attributes, everything else is set as a property.
 * @param {string} tag
 * @param {Object<string, *>} [properties]
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'data') Object.assign(element.dataset, value);
    else if (name.includes('-') || name === 'role' || name === 'for') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** @param {string} name of a symbol in index.html, without `icon-` */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'use'));
  setIcon(svg, name);
  return svg;
}

/** Shows another symbol in an icon. */
export function setIcon(svg, name) {
  svg.firstElementChild.setAttribute('href', `#icon-${name}`);
}

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/** Sets an element's text where it differs, so that nothing is announced or laid out twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A share, 0 to 1, as people read it: `12 %`, `0.4 %`, `0 %`. */
export function percent(share) {
  const value = share * 100;
  if (value === 0 || value >= 9.95) return `${Math.round(value)} %`;
  return value < 0.05 ? '< 0.1 %' : `${value.toFixed(1)} %`;
}
