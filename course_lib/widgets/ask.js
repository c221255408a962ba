// A question with its choices. The replies came with it, so it works without the kernel.

function render({ model, el, signal }) {
  const { text, choices } = model.get("question");
  const words = model.get("words");
  const name = newId();
  const reply = element("div", { class: "cl-reply", role: "status" });
  const radios = choices.map(() => element("input", { type: "radio", name }));
  const options = choices.map((choice, index) =>
    element("label", {}, radios[index], element("span", {}, ...prose(choice.text))),
  );
  const verdict = ({ right }) => (right ? words.right : words.not_yet);

  function show() {
    const choice = choices[model.get("chosen")];
    if (!choice) return;
    radios[model.get("chosen")].checked = true;
    reply.classList.toggle("cl-right", choice.right);
    reply.replaceChildren(element("strong", {}, `${verdict(choice)} `), ...prose(choice.reply));
  }

  for (const [index, radio] of radios.entries()) {
    radio.addEventListener("change", () => {
      model.set("chosen", index);
      model.save_changes();
      show();
      hasChanged(el);
    });
  }
  keepStill(el, (state) => {
    const chosen = model.get("chosen");
    if (chosen === state.chosen) return null;
    const lines = choices.map((choice, index) => `  (${index === chosen ? "x" : " "}) ${choice.text}`);
    const said = `${verdict(choices[chosen])} ${choices[chosen].reply}`;
    const asked = fill(words.question, { text });
    return { state: { chosen }, data: { "text/plain": [asked, ...lines, said].join("\n") } };
  });
  el.classList.add("cl-widget", "cl-ask");
  keepKeys(signal);
  el.append(element("fieldset", {}, element("legend", {}, ...prose(text)), ...options, reply));
  listen(model, "change:chosen", show, signal);
  show();
}

export default { render };
