// The atlas as a map. Everything has arrived at once; nothing here needs the kernel.

const SIDE = 64; // pixels of one picture
const SHOWN = 2; // pictures of each cell
const LARGE = 112; // pixels of a picture beside the map

function choice(label, names, chosen, act) {
  const select = element("select", { "aria-label": label });
  select.append(...names.map((name, index) => element("option", { value: index }, name)));
  select.value = chosen;
  select.addEventListener("change", () => act(Number(select.value)));
  return [element("label", { class: "cl-choice" }, `${label} `, select), select];
}

function render({ model, el, signal }) {
  const words = model.get("words");
  const about = model.get("about");
  const sentence = element("div", { class: "cl-sentence", role: "status", "aria-live": "polite" });
  const cards = element("div", { class: "cl-cards" });
  const table = element("table", { class: "cl-map", role: "grid" });
  let sheet = null;

  const get = (name) => model.get(name);
  const layer = () => about.measures[get("measure")].tables[get("budget")];

  function set(changes) {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    show();
  }

  const [measures, ofMeasures] = choice(
    words.i_want,
    about.measures.map(({ question }) => question),
    get("measure"),
    (measure) => set({ measure }),
  );
  const [budgets, ofBudgets] = choice(words.calls, about.budgets.map(String), get("budget"), (budget) =>
    set({ budget }),
  );

  const cells = about.rows.map((name, row) => {
    const line = element("tr", { role: "row" }, element("th", { scope: "row" }, name));
    const made = about.columns.map((_, column) => {
      const cell = element("td", { role: "gridcell", tabindex: "-1" });
      cell.addEventListener("click", () => {
        set({ row, column });
        cell.focus({ preventScroll: true });
      });
      line.append(cell);
      return cell;
    });
    return { line, made };
  });
  const head = element("tr", { role: "row" }, element("th", {}));
  for (const name of about.columns) head.append(element("th", { scope: "col" }, element("span", {}, name)));
  table.append(head, ...cells.map(({ line }) => line));

  /** What is known of a cell, in one sentence. */
  function said(row, column) {
    const budget = get("budget");
    const names = {
      sampler: about.rows[row],
      scheduler: about.columns[column],
      label: about.measures[get("measure")].label,
    };
    const reason = about.reasons[about.reason[budget][row][column]];
    if (reason) return fill(words.no_cell, { ...names, reason });
    const found = layer().cells[row][column];
    if (!found) return fill(words.no_number, names);
    const [value, error] = found;
    const counts = { steps: about.steps[budget][row][column], calls: about.calls[budget][row][column] };
    const exact = Number(error) === 0;
    return fill(exact ? words.cell_exact : words.cell, { ...names, ...counts, value, error, unit: layer().unit });
  }

  /** The pictures of a cell, and what is known of it. */
  function card(title, [row, column]) {
    const canvas = element("canvas", { role: "img", width: SHOWN * LARGE, height: LARGE });
    canvas.setAttribute(
      "aria-label",
      fill(words.pictures_of, { sampler: about.rows[row], scheduler: about.columns[column] }),
    );
    const there = !about.reasons[about.reason[get("budget")][row][column]];
    if (sheet && there) {
      const y = (get("budget") * about.rows.length + row) * SIDE;
      canvas
        .getContext("2d")
        .drawImage(sheet, column * SHOWN * SIDE, y, SHOWN * SIDE, SIDE, 0, 0, SHOWN * LARGE, LARGE);
    }
    const words_of = element("figcaption", {}, element("b", {}, title), element("span", {}, said(row, column)));
    return element("figure", {}, canvas, words_of);
  }

  function show() {
    const { cells: found, ties } = layer();
    const tied = new Set(ties.map(([row, column]) => `${row} ${column}`));
    const [row, column] = [get("row"), get("column")];
    ofMeasures.value = get("measure");
    ofBudgets.value = get("budget");
    for (const [r, { made }] of cells.entries()) {
      for (const [c, cell] of made.entries()) {
        const number = found[r][c];
        const tie = tied.has(`${r} ${c}`);
        const chosen = r === row && c === column;
        cell.className = [number ? "" : "cl-none", tie ? "cl-tie" : "", chosen ? "cl-chosen" : ""].join(" ");
        cell.textContent = number ? number[0] : "–";
        cell.style.background = number ? about.ramp[number[2]] : "";
        cell.style.color = number ? (number[2] < 5 ? "#ffffff" : "#262626") : "";
        cell.setAttribute("aria-selected", chosen);
        cell.tabIndex = chosen ? 0 : -1;
      }
    }
    const pair = [card(words.chosen, [row, column])];
    if (ties.length) pair.push(card(words.best, ties[0]));
    cards.replaceChildren(...pair);
    const tie = tied.has(`${row} ${column}`) ? words.is_tie : words.is_no_tie;
    sentence.textContent = found[row][column]
      ? fill(words.sentence_tie, { sentence: said(row, column), tie })
      : said(row, column);
    cells[row].made[column].setAttribute("aria-label", sentence.textContent);
  }

  function key(event) {
    if (!event.target.closest("td")) return;
    const [row, column] = [get("row"), get("column")];
    const last = { row: about.rows.length - 1, column: about.columns.length - 1 };
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, last.column],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    event.stopPropagation();
    const to = moves[event.key];
    const next = { row: Math.max(0, Math.min(last.row, to[0])), column: Math.max(0, Math.min(last.column, to[1])) };
    set(next);
    cells[next.row].made[next.column].focus({ preventScroll: true });
  }

  el.classList.add("cl-widget", "cl-atlas");
  keepKeys(signal);
  const scroll = element("div", { class: "cl-scroll" }, table);
  const legend = element("small", {}, words.legend);
  el.append(element("div", { class: "cl-bar" }, measures, budgets), scroll, legend, sentence, cards);
  el.addEventListener("keydown", key);
  listen(model, "change:measure change:budget change:row change:column", show, signal);
  show();
  createImageBitmap(new Blob([get("sprite")], { type: "image/webp" })).then((picture) => {
    if (signal.aborted) return picture.close();
    sheet = picture;
    show();
  });
  signal.addEventListener("abort", () => sheet?.close());
}

export default { render };
