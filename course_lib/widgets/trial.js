// The first widget a learner meets: it shows at once whether the page and the kernel do their part.

function render({ model, el, signal }) {
  const words = model.get("words");
  const [width, height] = model.get("size");
  const canvas = element("canvas", { role: "img", width, height });
  const slider = element("input", { type: "range", min: 0, max: 100, "aria-label": words.noise });
  const sentence = element("div", { class: "cl-sentence" });
  const page = element("div", {}, words.page_works);
  const kernel = element("div", { role: "status" }, words.kernel_waits);
  el.classList.add("cl-widget", "cl-trial");
  keepKeys(signal);
  el.append(canvas, element("div", { class: "cl-bar" }, slider), sentence, page, kernel);

  const floats = (name) => {
    const { buffer, byteOffset, byteLength } = model.get(name);
    return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  };
  const picture = floats("picture");
  const noise = floats("noise");
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(width, height);

  function show() {
    const share = slider.value / 100;
    const kept = Math.sqrt(1 - share * share);
    for (let place = 0; place < width * height; place += 1) {
      for (let colour = 0; colour < 3; colour += 1) {
        const value = kept * picture[3 * place + colour] + share * noise[3 * place + colour];
        pixels.data[4 * place + colour] = Math.round((value + 1) * 127.5); // the array itself saturates at 0 and 255
      }
      pixels.data[4 * place + 3] = 255;
    }
    pen.putImageData(pixels, 0, 0);
    sentence.textContent = fill(words.noise_share, { share: slider.value });
    slider.setAttribute("aria-valuetext", sentence.textContent);
    canvas.setAttribute("aria-label", fill(words.noisy_picture, { sentence: sentence.textContent }));
  }

  slider.value = 30;
  slider.addEventListener("input", show);
  show();

  const silence = setTimeout(() => {
    kernel.textContent = words.kernel_silent;
  }, 10000);
  const answered = () => {
    clearTimeout(silence);
    kernel.textContent = words.kernel_works;
  };
  signal.addEventListener("abort", () => clearTimeout(silence));
  listen(model, "msg:custom", answered, signal);
  model.send({ hello: true });
}

export default { render };
