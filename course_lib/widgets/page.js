// What all widgets of the course share: making elements, and keeping JupyterLab's shortcuts away from them.

/** Make an element. Text goes in as text, never as HTML. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Attributes of an element that takes keys: JupyterLab's command mode must not swallow them. */
const TAKES_KEYS = { "data-lm-suppress-shortcuts": "true" };

/** Text in which `backticks` mark code, as nodes. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** A button with a drawn sign; `path` is an SVG path in a square of 16. */
function signButton(name, path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  const button = element("button", { type: "button", ...TAKES_KEYS }, svg);
  changeSign(button, name, path);
  return button;
}

function changeSign(button, name, path) {
  button.setAttribute("aria-label", name);
  button.title = name;
  button.querySelector("path").setAttribute("d", path);
}
