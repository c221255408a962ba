// A question with its choices. The replies came with it, so it works without the kernel.

function render({ model, el, signal }) {
  const { text, choices } = model.get("question");
  const name = newId();
  const reply = element("div", { class: "cl-reply", role: "status" });
  const options = choices.map((choice) => {
    const radio = element("input", { type: "radio", name });
    radio.addEventListener("change", () => {
      const verdict = element("strong", {}, choice.right ? "Right. " : "Not yet. ");
      reply.classList.toggle("cl-right", choice.right);
      reply.replaceChildren(verdict, ...prose(choice.reply));
    });
    return element("label", {}, radio, element("span", {}, ...prose(choice.text)));
  });
  el.classList.add("cl-widget", "cl-ask");
  keepKeys(signal);
  el.append(element("fieldset", {}, element("legend", {}, ...prose(text)), ...options, reply));
}

export default { render };
