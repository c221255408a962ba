// The denoising player. All frames arrive in one picture; from then on nothing here needs the kernel.

const SIGNS = {
  play: "M4 2 L14 8 L4 14 Z",
  pause: "M3 2 H7 V14 H3 Z M9 2 H13 V14 H9 Z",
  back: "M2 2 H4 V14 H2 Z M14 2 V14 L5 8 Z",
  forward: "M12 2 H14 V14 H12 Z M2 2 V14 L11 8 Z",
};
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");
const pause_ms = () => (CALM.matches ? 1000 : 150);

/** Pictures side by side in one, with a little room between them. */
function beside(pictures) {
  const width = pictures.reduce((sum, picture) => sum + picture.width + 4, -4);
  const sheet = element("canvas", { width, height: Math.max(...pictures.map(({ height }) => height)) });
  let left = 0;
  for (const picture of pictures) {
    sheet.getContext("2d").drawImage(picture, left, 0);
    left += picture.width + 4;
  }
  return sheet;
}

function render({ model, el, signal }) {
  const words = model.get("words");
  const title = element("div", { class: "cl-title" });
  const panes = element("div", { class: "cl-panes" });
  const back = signButton(words.back, SIGNS.back);
  const play = signButton(words.play, SIGNS.play);
  const forward = signButton(words.forward, SIGNS.forward);
  const slider = element("input", { type: "range", min: 0, step: 1 });
  const sentence = element("div", { class: "cl-sentence" });
  const bar = element("div", { class: "cl-bar" }, back, play, forward, slider);
  el.classList.add("cl-widget", "cl-player");
  keepKeys(signal);
  nameSliders(el, signal);
  el.append(title, panes, bar, sentence);

  let about = model.get("about");
  let sprite = null;
  let canvases = [];
  let frame = 0;
  let timer = null;
  let loading = null;

  const last = () => about.sentences.length - 1;

  function show(index) {
    frame = Math.max(0, Math.min(last(), index));
    slider.value = frame;
    sentence.textContent = about.sentences[frame];
    slider.setAttribute("aria-valuetext", about.sentences[frame]);
    if (!sprite) return;
    const x = (frame % about.columns) * about.width;
    const y = Math.floor(frame / about.columns) * about.height;
    about.panes.forEach(({ left, width, height, label }, pane) => {
      const pen = canvases[pane].getContext("2d");
      pen.drawImage(sprite, x + left, y, width, height, 0, 0, width, height);
      canvases[pane].setAttribute("aria-label", fill(words.labelled, { label, sentence: about.sentences[frame] }));
    });
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    changeSign(play, words.play, SIGNS.play);
  }

  function toggle() {
    if (timer) return stop();
    if (frame === last() && !about.round) show(0);
    changeSign(play, words.pause, SIGNS.pause);
    timer = setInterval(() => {
      show(about.round && frame === last() ? 0 : frame + 1);
      if (!about.round && frame === last()) stop();
    }, pause_ms());
  }

  function scrub(index) {
    stop();
    show(index);
  }

  function key(event) {
    const moves = { ArrowLeft: frame - 1, ArrowRight: frame + 1, Home: 0, End: last() };
    const onButton = event.target.closest("button");
    if (event.key === " " && !onButton) toggle();
    else if (event.key in moves) scrub(moves[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function pane({ width, height, label, note, shown }) {
    const canvas = element("canvas", { role: "img", width, height, "aria-label": label });
    const caption = element("figcaption", {}, label);
    if (note) caption.append(element("small", {}, note));
    canvases.push(canvas);
    return element("figure", { style: `--shown: ${shown}px` }, canvas, caption);
  }

  async function load() {
    stop();
    const bytes = model.get("sprite");
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/webp" }));
    if (signal.aborted || bytes !== model.get("sprite")) return picture.close(); // gone, or a newer run has arrived
    sprite?.close();
    sprite = picture;
    about = model.get("about");
    title.textContent = about.title;
    canvases = [];
    panes.replaceChildren(...about.panes.map(pane));
    slider.max = last();
    slider.setAttribute("aria-label", about.title || words.step_of_run);
    show(0);
  }

  async function reload() {
    loading = load();
    await loading;
    hasChanged(el);
  }

  /** Elsewhere on the page the arrow keys are JupyterLab's, and lead away. */
  function takeKeys() {
    slider.focus({ preventScroll: true });
  }

  back.addEventListener("click", () => scrub(frame - 1));
  forward.addEventListener("click", () => scrub(frame + 1));
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => scrub(Number(slider.value)));
  panes.addEventListener("click", takeKeys);
  el.addEventListener("keydown", key);
  listen(model, "change:runs", reload, signal);
  keepStill(el, (state) => {
    if (state.runs === model.get("runs")) return null;
    const said = { label: about.title, sentence: about.sentences[frame] };
    const alt = about.title ? fill(words.labelled, said) : said.sentence;
    const names = ["sprite", "about", "runs"];
    const data = { "image/png": png(beside(canvases)), "text/plain": fill(words.figure, { alt }) };
    const width = about.panes.reduce((sum, { shown }) => sum + shown, 0);
    return { alt, width, data, state: Object.fromEntries(names.map((name) => [name, model.get(name)])) };
  });
  listen(model, "msg:custom", () => loading.then(takeKeys), signal); // the reader has asked for this run
  loading = load();
  signal.addEventListener("abort", () => {
    stop();
    sprite?.close();
  });
}

export default { render };
