// For JupyterLab and Jupyter Notebook: a notebook that is opened again has no kernel that knows its widgets. In place of
// "model not found" a widget of the course then shows what was kept beside it in the notebook: itself, where it needs no
// kernel, or its last drawing and sentence. There is nothing to build: this file is the extension.

const VIEW = "application/vnd.jupyter.widget-view+json";
const PATIENCE = 1000; // milliseconds that a kernel has to bring a widget before its still form is shown

/** What the notebook keeps for a widget, in the metadata beside its view; see `course_lib.widgets.page`. */
const keptFor = ({ metadata }) => metadata[VIEW]?.course_lib;

const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

function toBase64(bytes) {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  let text = "";
  for (let start = 0; start < view.length; start += 32768) {
    text += String.fromCharCode(...view.subarray(start, start + 32768));
  }
  return btoa(text);
}

const packed = (state) => mapped(state, (value) => (isBytes(value) ? { base64: toBase64(value) } : value));
const unpacked = (state) =>
  mapped(state, (value) =>
    value?.base64 ? Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)) : value,
  );
const mapped = (state, change) =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, change(value)]));

function element(tag, attributes, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

/** A widget that needs no kernel, from its code and its state. */
async function revive({ esm, css, state }, el, signal) {
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: widget } = await import(address).finally(() => URL.revokeObjectURL(address));
  if (signal.aborted) return;
  const values = unpacked(state);
  const nothing = () => {};
  const set = (name, value) => (values[name] = value);
  const model = { get: (name) => values[name], set, save_changes: nothing, send: nothing, on: nothing, off: nothing };
  el.append(element("style", { textContent: css }));
  widget.render({ model, el: el.appendChild(element("div", {})), signal });
}

/** The picture and the words of an output, as elements. */
function pictureAndWords({ data, metadata }) {
  const words = String(metadata["image/png"]?.alt ?? data["text/plain"] ?? "");
  const said = element("div", { textContent: words });
  said.style.whiteSpace = "pre-wrap";
  if (!data["image/png"]) return [said];
  const picture = element("img", { src: `data:image/png;base64,${data["image/png"]}`, alt: words });
  const width = metadata["image/png"]?.width;
  picture.style.cssText = `max-width: 100%; image-rendering: pixelated;${width ? ` width: ${width}px;` : ""}`;
  return [said, picture];
}

/** Notebooks of an older version keep nothing beside a view: how the course's words begin, and what to add to them. */
const OLDER = {
  "Figure: ": "Run this cell to move it.",
  "Question: ": "Run this cell to answer it.",
  "If you can read this line and see no slider": "",
};

/** What is kept for an output of the course; undefined for the output of anybody else. */
function keptOrOlder(model) {
  const begins = Object.keys(OLDER).find((words) => String(model.data["text/plain"]).startsWith(words));
  return keptFor(model) ?? (begins && { note: OLDER[begins] });
}

/** The still form of an output, which lives until `signal` ends it. */
function stillOf(model, signal) {
  const kept = keptOrOlder(model);
  const shown = element("div", {});
  const fall = () => signal.aborted || shown.replaceChildren(...pictureAndWords(model));
  if (kept.esm) revive(kept, shown, signal).catch((error) => fall(console.error(error)));
  else fall();
  return element("div", { className: "cl-still" }, shown, element("p", { textContent: kept.note }));
}

/** Give a renderer of widget views, which has none, a still form. */
function withStill(renderer, panel, renderers) {
  const live = renderer.renderModel.bind(renderer);
  const { node } = renderer;
  let shown = null; // the id of the model whose living view is here
  let still = null; // what is here in its place
  let focused = null;

  function end() {
    still?.abort.abort();
    still = null;
  }

  function settle(id, model) {
    if (renderer.isDisposed) return;
    if (renderer.widgets.length) {
      shown = id;
      return end();
    }
    if (still?.id !== id) {
      end();
      const abort = new AbortController();
      still = { id, abort, element: stillOf(model, abort.signal) };
    }
    if (still.element.parentNode === node) return;
    node.classList.add("jupyter-widgets");
    node.replaceChildren(still.element);
    if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
  }

  renderer.renderModel = async (model) => {
    const id = model.data[VIEW].model_id;
    if (renderer.widgets.length && id === shown) return; // alive: the output was only rewritten when it was saved
    if (!keptOrOlder(model)) return live(model);
    const done = live(model);
    await Promise.race([done, new Promise((passed) => setTimeout(passed, still ? 0 : PATIENCE))]);
    settle(id, model);
    await done; // with the last word, it has put its view, or its error, in the place of the still form
    settle(id, model);
  };
  renderers.add(renderer);
  node.addEventListener("cl-changed", () => (panel.context.model.dirty = true));
  node.addEventListener("focusin", (event) => (focused = event.target));
  renderer.disposed.connect(() => {
    end();
    renderers.delete(renderer);
  });
  return renderer;
}

/**
 * An output as it is to be saved, with what its widget shows now; null where that is in it already. Picture and words
 * also go in as one piece of HTML, for pages that nbconvert makes: beside a PNG it shows no words.
 */
function renewed(output, renderer) {
  const kept = keptFor(output);
  if (!kept) return null;
  const widgets = [...renderer.node.querySelectorAll(".cl-widget")];
  const now = widgets.map((el) => el.clStill?.(kept.state ?? {})).find(Boolean);
  const data = { ...output.data, ...now?.data };
  const state = { ...kept.state, ...packed(now?.state ?? {}) };
  const metadata = { ...output.metadata, [VIEW]: { ...output.metadata[VIEW], course_lib: { ...kept, state } } };
  if (now?.alt) metadata["image/png"] = { alt: now.alt, width: now.width };
  if (data["image/png"]) data["text/html"] = element("figure", {}, ...pictureAndWords({ data, metadata })).outerHTML;
  const same = Object.entries(data).every(([type, value]) => output.data[type] === value);
  return same ? null : { ...output, data, metadata };
}

/** Before a notebook is saved: write what its widgets show now into their outputs. */
function keep(panel, renderers) {
  for (const { model, outputArea } of panel.content.widgets) {
    outputArea?.widgets.forEach(({ node }, index) => {
      const renderer = [...renderers].find((one) => node.contains(one.node));
      const output = renderer && renewed(model.outputs.get(index).toJSON(), renderer);
      if (output) model.outputs.set(index, output);
    });
  }
}

function watch(panel) {
  const renderers = new Set();
  const { rendermime } = panel.content;
  const create = rendermime.createRenderer.bind(rendermime);
  // The widget manager replaces its factory when a kernel comes, so the renderers are met where they are made.
  rendermime.createRenderer = (mimeType) => {
    const renderer = create(mimeType);
    return mimeType === VIEW ? withStill(renderer, panel, renderers) : renderer;
  };
  panel.context.saveState.connect((_, state) => state === "started" && keep(panel, renderers));
}

/** One of JupyterLab's own packages, from what it shares with its extensions. */
async function shared(scope, name) {
  const versions = Object.values(scope[name]);
  const factory = await (versions.find((version) => version.loaded) ?? versions[0]).get();
  return factory();
}

let scope = null;
window._JUPYTERLAB ??= {};
window._JUPYTERLAB["course-lib"] = {
  init: (given) => (scope = given),
  get: async () => {
    const { INotebookTracker } = await shared(scope, "@jupyterlab/notebook");
    const plugin = {
      id: "course-lib:again",
      autoStart: true,
      requires: [INotebookTracker],
      activate: (_app, tracker) => {
        tracker.forEach(watch);
        tracker.widgetAdded.connect((_, panel) => watch(panel));
      },
    };
    return () => ({ __esModule: true, default: plugin });
  },
};
