// A number that is typed: the text goes to Python as it is, and what Python says to it stands below the field.

function render({ model, el, signal }) {
  const input = element("input", {
    type: "text",
    inputmode: "decimal",
    "aria-label": model.get("label"),
  });
  const message = element("div", { class: "cl-message", role: "alert", id: newId() });
  el.classList.add("cl-widget", "cl-field");
  keepKeys(signal);
  if (model.get("named")) el.append(element("span", { class: "cl-name", "aria-hidden": true }, model.get("label")));
  el.append(input, message);

  function show() {
    if (field.typing) return;
    input.value = input.title = model.get("text");
    message.textContent = model.get("message");
    setWrong(input, message, message.textContent !== "");
  }

  function send() {
    if (input.value === model.get("text")) return show(); // nothing new: what was said of it still holds
    model.set("text", input.value);
    model.save_changes();
  }

  const field = typedField(input, send);
  // A message that went away only after the field is left would move a button away from under the mouse.
  input.addEventListener("input", () => {
    message.textContent = "";
    setWrong(input, message, false);
  });
  input.addEventListener("keydown", (event) => {
    const ways = { ArrowUp: 1, ArrowDown: -1 };
    if (!(event.key in ways)) return;
    event.stopPropagation();
    event.preventDefault();
    const next = Number(input.value) + ways[event.key] * model.get("step");
    if (input.value.trim() && Number.isFinite(next)) input.value = String(Number(next.toFixed(9)));
    field.end();
  });
  listen(model, "change:text change:message", show, signal);
  show();
}

export default { render };
