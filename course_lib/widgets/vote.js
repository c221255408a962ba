// A blind vote between two pictures. All pairs arrive in one picture; from then on nothing here needs the kernel.

/** How often a tossed coin gives a tally at least as uneven as `one` of `votes`. */
function coinChance(one, votes) {
  const fewer = Math.min(one, votes - one);
  if (2 * fewer === votes) return 1;
  let ways = 1; // of this count: votes over count
  let tail = 0;
  for (let count = 0; count <= fewer; count += 1) {
    tail += ways;
    ways *= (votes - count) / (count + 1);
  }
  return (2 * tail) / 2 ** votes;
}

function render({ model, el, signal }) {
  const words = model.get("words");
  const about = model.get("about");
  const { pairs, names, panes } = about;
  const sides = [words.vote_left, words.vote_right];
  const sentence = element("div", { class: "cl-sentence", role: "status" });
  const canvases = panes.map(({ width, height }) => element("canvas", { role: "img", width, height }));
  const buttons = sides.map((side) => element("button", { type: "button", class: "cl-choice" }, side));
  const figures = canvases.map((canvas, side) =>
    element("figure", { style: "--shown: 256px" }, canvas, element("figcaption", {}, buttons[side])),
  );
  const again = element("button", { type: "button", class: "cl-choice" }, words.vote_again);
  const list = element("ol", { class: "cl-votes" });
  const result = element("div", {}, list, again);
  const shown = element("div", { class: "cl-panes" }, ...figures);
  el.classList.add("cl-widget", "cl-vote");
  keepKeys(signal);
  el.append(element("div", { class: "cl-title" }, about.title), sentence, shown, result);
  let sprite = null;

  const votes = () => model.get("votes");
  const ended = () => votes().length >= pairs.length;
  const name = (pair, side) => names[pairs[pair].swapped ? 1 - side : side]; // of what stands on a side

  function say() {
    if (!ended()) {
      const pair = votes().length;
      return fill(words.vote_now, { pair: pair + 1, pairs: pairs.length, words: pairs[pair].words });
    }
    const a = votes().filter((side, pair) => name(pair, side) === names[0]).length;
    const chance = coinChance(a, pairs.length);
    const tally = { votes: pairs.length, a, b: pairs.length - a, one: names[0], other: names[1] };
    return [
      fill(words.vote_end, tally),
      fill(words.vote_chance, { percent: chance < 0.01 ? (100 * chance).toFixed(1) : Math.round(100 * chance) }),
      chance < 0.05 ? words.vote_tells : words.vote_open,
      fill(words.vote_needed, { needed: about.needed }),
    ].join(" ");
  }

  function show() {
    sentence.textContent = say();
    shown.hidden = ended();
    result.hidden = !ended();
    if (ended()) {
      const lines = votes().map((side, pair) => {
        const both = [name(pair, 0), name(pair, 1)].map((text, own) => (own === side ? `✓ ${text}` : text));
        const line = fill(words.vote_was, { pair: pair + 1, left: both[0], right: both[1] });
        return element("li", {}, line);
      });
      list.replaceChildren(...lines);
      return;
    }
    const pair = votes().length;
    canvases.forEach((canvas, side) => {
      const about_it = { side: sides[side], pair: pair + 1, words: pairs[pair].words };
      canvas.setAttribute("aria-label", fill(words.vote_picture, about_it));
      if (!sprite) return;
      const { left, width, height } = panes[side];
      const x = (pair % about.columns) * about.width + left;
      const y = Math.floor(pair / about.columns) * about.height;
      canvas.getContext("2d").drawImage(sprite, x, y, width, height, 0, 0, width, height);
    });
  }

  function keep(taken) {
    model.set("votes", taken);
    model.save_changes();
    show();
    hasChanged(el);
  }

  function take(side) {
    if (ended()) return;
    keep([...votes(), side]);
    (ended() ? again : buttons[side]).focus({ preventScroll: true });
  }

  function key(event) {
    const side = { ArrowLeft: 0, ArrowRight: 1 }[event.key];
    if (side === undefined) return;
    take(side);
    event.preventDefault();
    event.stopPropagation();
  }

  figures.forEach((figure, side) => {
    figure.addEventListener("click", () => take(side)); // the picture, too
  });
  again.addEventListener("click", () => {
    keep([]);
    buttons[0].focus({ preventScroll: true });
  });
  el.addEventListener("keydown", key);
  listen(model, "change:votes", show, signal);
  keepStill(el, (state) => {
    if (votes().length === (state.votes ?? []).length) return null;
    const alt = `${about.title}${/[.?!]$/.test(about.title) ? "" : "."} ${sentence.textContent}`;
    const paper = element("canvas", { width: about.width + 8, height: about.height });
    canvases.forEach((canvas, side) => {
      paper.getContext("2d").drawImage(canvas, side * (panes[0].width + 8), 0);
    });
    const data = { "image/png": png(paper), "text/plain": fill(words.figure, { alt }) };
    return { alt, width: 4 * about.width, data, state: { votes: votes() } };
  });

  async function load() {
    const picture = await createImageBitmap(new Blob([model.get("sprite")], { type: "image/webp" }));
    if (signal.aborted) return picture.close();
    sprite = picture;
    show();
  }

  load();
  signal.addEventListener("abort", () => sprite?.close());
  show();
}

export default { render };
