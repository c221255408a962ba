// The explorer's canvas: shows the pixels the kernel drew, says them in words, and moves the cursor.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function render({ model, el, signal }) {
  const words = model.get("words");
  const [rows, columns] = model.get("cells");
  const canvas = element("canvas", rows ? { role: "application", tabindex: 0 } : { role: "img" }); // one takes keys
  const sentence = element("div", { class: "cl-sentence", "aria-live": "polite" });
  const message = element("div", { class: "cl-message", role: "alert" });
  el.classList.add("cl-widget", "cl-explorer-canvas");
  const paper = element("div", { class: "cl-paper" }, canvas);
  el.append(sentence, message, paper); // words first: the drawing below may end in empty paper

  keepKeys(signal);
  nameSliders(el, signal);

  if (rows) {
    canvas.classList.add("cl-takes-cursor");
    canvas.title = words.cursor_hint;
    el.append(element("div", { class: "cl-hint" }, words.cursor_hint));
  }

  function paint() {
    const [width, height] = model.get("size");
    const refused = model.get("message"); // then there is no drawing of these values: the last one pales, wordless
    const said = refused || model.get("sentence");
    message.textContent = refused;
    sentence.textContent = refused ? "" : said;
    sentence.hidden = Boolean(refused);
    paper.classList.toggle("cl-stale", Boolean(refused));
    canvas.setAttribute("aria-label", fill(words.labelled, { label: model.get("label"), sentence: said }));
    if (!width) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.style.width = `${(width * (model.get("shown_height") || height)) / height}px`;
    const { buffer, byteOffset, byteLength } = model.get("pixels");
    const pixels = new ImageData(new Uint8ClampedArray(buffer, byteOffset, byteLength), width, height);
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  function repaint() {
    paint();
    hasChanged(el);
  }

  function moveTo(row, column) {
    const cell = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
    if (String(cell) === String(model.get("cell"))) return;
    model.set("cell", cell);
    model.save_changes(); // while the kernel draws, newer cells replace the one that waits
  }

  function key(event) {
    if (!rows || !(event.key in MOVES)) return;
    event.preventDefault();
    event.stopPropagation();
    const [down, right] = MOVES[event.key];
    const [row, column] = model.get("cell");
    moveTo(row + down, column + right);
  }

  function point(event) {
    if (!rows || !event.buttons) return;
    const [left, top, width, height] = model.get("grid");
    const scale = canvas.width / canvas.getBoundingClientRect().width;
    const [x, y] = [event.offsetX * scale - left, event.offsetY * scale - top];
    if (event.type === "pointerdown") {
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      canvas.setPointerCapture(event.pointerId);
    } else if (!canvas.hasPointerCapture(event.pointerId)) return;
    moveTo(Math.floor((y / height) * rows), Math.floor((x / width) * columns));
  }

  canvas.addEventListener("keydown", key);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("pointermove", point);
  listen(model, "change:drawn", repaint, signal);
  keepStill(el, () => {
    if (model.get("message")) return null; // no drawing of these values: the one that was kept stays
    const alt = canvas.getAttribute("aria-label");
    return {
      alt,
      width: Math.round(parseFloat(canvas.style.width)),
      data: { "image/png": png(canvas), "text/plain": fill(words.figure, { alt }) },
    };
  });
  paint();
}

export default { render };
