// The button that asks for a run: the click takes along what its fields show.

const SHOWN = ["value", "index", "text"]; // where a field's model keeps what the reader has chosen or typed

function render({ model, el, signal }) {
  const sign = element("i", { class: "fa fa-play", "aria-hidden": "true" });
  const looks = "jupyter-widgets jupyter-button widget-button mod-primary";
  const button = element("button", { type: "button", class: looks }, sign, model.get("description"));
  keepKeys(signal);
  el.append(button);

  async function state(name) {
    const field = await model.widget_manager.get_model(name.replace("IPY_MODEL_", ""));
    return Object.fromEntries(SHOWN.filter((key) => field.has(key)).map((key) => [key, field.get(key)]));
  }

  button.addEventListener("click", async () => {
    model.send({ clicked: await Promise.all(model.get("fields").map(state)) });
  });
}

export default { render };
