// A question with its choices. The replies came with it, so it works without the kernel.

function render({ model, el }) {
  const { text, choices } = model.get("question");
  // Each widget loads this module anew, so a counter would not tell the questions of a page apart.
  const name = `cl-question-${Math.random().toString(36).slice(2)}`;
  const reply = element("div", { class: "cl-reply", role: "status" });
  const options = choices.map((choice) => {
    const radio = element("input", { type: "radio", name, ...TAKES_KEYS });
    radio.addEventListener("change", () => {
      const verdict = element("strong", {}, choice.right ? "Right. " : "Not yet. ");
      reply.classList.toggle("cl-right", choice.right);
      reply.replaceChildren(verdict, ...prose(choice.reply));
    });
    return element("label", {}, radio, element("span", {}, ...prose(choice.text)));
  });
  el.classList.add("cl-widget", "cl-ask");
  el.append(element("fieldset", {}, element("legend", {}, ...prose(text)), ...options, reply));
}

export default { render };
