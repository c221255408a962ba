// What all widgets of the course share: making elements, and keeping their keys, and naming what has no name.

/** Make an element. Text goes in as text, never as HTML. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** An id that no other element of the page has: each widget loads this module anew, so a counter would not do. */
function newId() {
  return `cl-${Math.random().toString(36).slice(2)}`;
}

/** Saving (Ctrl + S) and running (Shift + Enter, Ctrl + Enter) are the notebook's, wherever the focus is. */
function isNotebooks({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (key === "Enter") return ctrlKey || metaKey || shiftKey || altKey;
  return key.toLowerCase() === "s" && (ctrlKey || metaKey);
}

/**
 * Whatever has focus inside a widget keeps its keys. In command mode JupyterLab would cut the cell at an "x" and leave it
 * at an arrow, unless the focused element itself carries this mark; so it gets it before JupyterLab sees the key.
 */
function keepKeys(signal) {
  const mark = (event) => {
    const focused = event.target;
    if (!focused.closest?.(".cl-widget, .cl-explorer, .cl-chooser")) return;
    if (isNotebooks(event)) focused.removeAttribute("data-lm-suppress-shortcuts");
    else focused.setAttribute("data-lm-suppress-shortcuts", "true");
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
}

/** The sliders of ipywidgets have a visible label but no name for screen readers: lend them their label. */
function nameSliders(el, signal) {
  const name = (box) => {
    for (const row of box.querySelectorAll(".widget-inline-hbox")) {
      const label = row.querySelector(".widget-label");
      row.querySelector("[role=slider]")?.setAttribute("aria-label", label?.textContent ?? "");
    }
  };
  // An element has a size once it is part of the page; its neighbours may still come later.
  const placed = new ResizeObserver(() => {
    const box = el.closest(".cl-explorer");
    if (!box) return;
    placed.disconnect();
    name(box);
    const later = new MutationObserver(() => name(box));
    later.observe(box, { childList: true, subtree: true });
    signal.addEventListener("abort", () => later.disconnect());
  });
  placed.observe(el);
  signal.addEventListener("abort", () => placed.disconnect());
}

/** Listen to a model for as long as its view is on the page. */
function listen(model, events, act, signal) {
  model.on(events, act);
  signal.addEventListener("abort", () => model.off(events, act));
}

/** Mark a field as wrong, or as right again where there is no message, and tie the message to it. */
function setWrong(input, message, wrong) {
  input.setAttribute("aria-invalid", wrong);
  if (wrong) input.setAttribute("aria-describedby", message.id);
  else input.removeAttribute("aria-describedby");
}

/**
 * A field whose text goes to Python by `send`, once it is typed to its end. While `typing`, what Python says is about an
 * earlier text and must not write over this one.
 */
function typedField(input, send) {
  const field = {
    typing: false,
    end() {
      field.typing = false;
      send();
    },
  };
  const left = () => field.typing && field.end();
  input.addEventListener("input", () => {
    field.typing = true;
  });
  input.addEventListener("change", left);
  input.addEventListener("blur", left); // typed back to what it was, a field reports no change
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.stopPropagation(); // JupyterLab takes this key, so that no change is reported
    left();
  });
  return field;
}

/** Text in which `backticks` mark code, as nodes. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** A text of `words` with its {places} filled. */
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** A button with a drawn sign; `path` is an SVG path in a square of 16. */
function signButton(name, path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  const button = element("button", { type: "button" }, svg);
  changeSign(button, name, path);
  return button;
}

function changeSign(button, name, path) {
  button.setAttribute("aria-label", name);
  button.title = name;
  button.querySelector("path").setAttribute("d", path);
}

/**
 * What is saved of a widget, so that the notebook can show it when it is opened again: `still(state)` gives what has
 * changed since `state` was kept, or null. labextensions/course-lib asks for it.
 */
function keepStill(el, still) {
  el.clStill = still;
}

/** Tell the notebook that a widget shows something new, which is not saved yet. */
function hasChanged(el) {
  el.dispatchEvent(new CustomEvent("cl-changed", { bubbles: true }));
}

/** The pixels of a canvas as they stand in a notebook. */
const png = (canvas) => canvas.toDataURL("image/png").split(",")[1];
