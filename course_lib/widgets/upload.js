// A button that takes a picture of the reader's own. What is large, the page makes small before it sends it.

const SENT_AS_IT_IS = 2e6; // bytes; a photograph is larger
const SENT_AT_ALL = 8e6; // JupyterLab cuts the connection at messages of 10 MB
const SIDE = 512; // pixels that are left for the kernel, which cuts to far fewer

/** The square in the middle of a picture, as PNG, turned as its EXIF data say; null where the browser cannot read it. */
async function smaller(file) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  const from = Math.min(picture.width, picture.height);
  const side = Math.min(from, SIDE);
  const canvas = element("canvas", { width: side, height: side });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, (picture.width - from) / 2, (picture.height - from) / 2, from, from, 0, 0, side, side);
  picture.close();
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The bytes to send for a file. Throws what the reader is to be told. */
async function bytesOf(file, words) {
  const small = file.size > SENT_AS_IT_IS ? await smaller(file) : null;
  if (!small && file.size > SENT_AT_ALL) {
    throw new Error(fill(words.too_large, { file: file.name, size: Math.round(file.size / 1e6) }));
  }
  return (small ?? file).arrayBuffer().catch(() => {
    throw new Error(fill(words.unreadable, { file: file.name }));
  });
}

function render({ model, el, signal }) {
  const input = element("input", { type: "file", accept: "image/*", hidden: "" });
  const message = element("div", { class: "cl-message", role: "alert", id: newId() });
  const button = element("button", { type: "button", "aria-describedby": message.id }, model.get("label"));
  el.classList.add("cl-widget", "cl-upload");
  el.append(button, input, message);
  keepKeys(signal);
  let latest = null;

  function say(text) {
    model.set("message", text);
    model.save_changes();
  }

  async function send() {
    const [file] = input.files;
    if (!file) return;
    input.value = ""; // or the same file, chosen once more, would be no change
    latest = file;
    say("");
    try {
      const content = await bytesOf(file, model.get("words"));
      if (latest === file) model.send({ name: file.name }, undefined, [content]); // else a newer one was chosen
    } catch (error) {
      if (latest === file) say(error.message);
    }
  }

  const show = () => (message.textContent = model.get("message"));
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", send);
  listen(model, "change:message", show, signal);
  show();
}

export default { render };
