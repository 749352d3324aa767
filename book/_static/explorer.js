// The explorers of a page: sliders that redraw their figure by lrlib's own Python.

const base = new URL(".", document.currentScript.src);
const figures = [...document.querySelectorAll("figure.explorer")];

// What each explorer shows now: its sliders' values and the numbers that are drawn.
window.explorers = {};

function load(name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(name, base);
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${name} did not load`));
    document.head.append(script);
  });
}

let python;
function startPython() {
  python ??= load("brython.js")
    .then(() => load("page-python.js"))
    .then(() => __BRYTHON__.runPythonSource("import explorers"));
  return python;
}

function connect(figure) {
  const id = figure.id.replace("explorer-", "");
  const spec = JSON.parse(figure.dataset.spec);
  const form = figure.querySelector("form");
  const sliders = [...form.querySelectorAll("input")];
  const panels = [...figure.querySelectorAll(".explorer-panel")];
  const said = figure.querySelector(".explorer-said");
  const values = () => Object.fromEntries(sliders.map((each) => [each.name, Number(each.value)]));
  let draw, pending, saying;

  function write(slider) {
    const decimals = Number(slider.dataset.decimals);
    const number = Number(slider.value).toLocaleString("en", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
    const text = `${number} ${slider.dataset.unit}`.trim();
    slider.setAttribute("aria-valuetext", text);
    slider.nextElementSibling.textContent = text;
    slider.style.setProperty("--filled", (slider.value - slider.min) / (slider.max - slider.min));
  }

  function redraw() {
    pending = undefined;
    const now = values();
    const lines = draw(now);
    panels.forEach((panel, i) => {
      const [, path, end, text] = lines[i];
      panel.querySelector(".explorer-live").setAttribute("d", path);
      panel.querySelector(".explorer-dot").setAttribute("d", end);
      panel.querySelector(".explorer-value").textContent = text;
    });
    window.explorers[id] = { values: now, rates: lines[0][0], losses: lines[1][0] };
    clearTimeout(saying);
    saying = setTimeout(() => {
      const steps = spec.steps.toLocaleString("en");
      const [rate, loss] = lines.map((line) => line[3]);
      said.textContent = `After ${steps} updates: rate ${rate}, expected loss ${loss}.`;
    }, 600);
  }

  async function update() {
    sliders.forEach(write);
    await startPython();
    draw ??= startExplorer(spec);
    pending ??= requestAnimationFrame(redraw);
  }

  // The page's address holds the position of the sliders: #id?name=value&name=value
  function remember() {
    const address = new URL(location);
    address.hash = `${id}?${new URLSearchParams(values())}`;
    history.replaceState(history.state, "", address);
  }

  function recall() {
    const [name, query] = location.hash.slice(1).split("?");
    if (name !== id || !query) return false;
    for (const [parameter, text] of new URLSearchParams(query)) {
      const slider = sliders.find((each) => each.name === parameter);
      if (slider && text.trim() && Number.isFinite(Number(text))) slider.value = Number(text);
    }
    update();
    figure.scrollIntoView({ block: "nearest" });
    return true;
  }

  form.addEventListener("input", update);
  form.addEventListener("change", remember);
  form.addEventListener("reset", () => {
    requestAnimationFrame(() => {
      update();
      remember();
    });
  });
  addEventListener("hashchange", recall);
  if (!recall()) sliders.forEach(write);
}

figures.forEach(connect);

// Python is half a second's work for a browser, so it waits for the first sign of a reader.
if (figures.length) {
  for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, startPython, { once: true, passive: true });
  }
}
