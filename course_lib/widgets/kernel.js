// The kernel editor's view: nine fields and a list of well-known kernels. What is typed goes to Python as it is.

function render({ model, el, signal }) {
  const words = model.get("words");
  const select = element("select", { "aria-label": words.kernel });
  const message = element("div", { class: "cl-message", role: "alert", id: newId() });
  const inputs = model.get("fields").map((_, index) => {
    const place = fill(words.kernel_entry, { row: Math.floor(index / 3), column: index % 3 });
    return element("input", { type: "text", inputmode: "decimal", "aria-label": place });
  });
  const rows = [0, 3, 6].map((first) =>
    element("tr", {}, ...inputs.slice(first, first + 3).map((input) => element("td", {}, input))),
  );
  el.classList.add("cl-widget", "cl-kernel");
  keepKeys(signal);
  el.append(select, element("table", { role: "presentation" }, ...rows), message);

  function show() {
    const wrong = model.get("wrong");
    inputs.forEach((input, index) => {
      if (fields[index].typing) return;
      input.value = input.title = model.get("fields")[index];
      setWrong(input, message, index === wrong);
    });
    message.textContent = model.get("message");
    const names = [["", words.own_numbers], ...Object.entries(model.get("presets"))];
    select.replaceChildren(...names.map(([value, name]) => element("option", { value }, name)));
    select.value = model.get("preset");
  }

  function send() {
    model.set(
      "fields",
      inputs.map((input) => input.value),
    );
    model.save_changes();
  }

  const fields = inputs.map((input) => typedField(input, send));
  for (const input of inputs) {
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      input.setSelectionRange(0, 0); // a number too long for its field shows its beginning
      input.scrollLeft = 0;
    });
  }
  select.addEventListener("change", () => {
    model.set("preset", select.value);
    model.save_changes();
  });
  listen(model, "change:fields change:preset change:message change:wrong", show, signal);
  show();
}

export default { render };
