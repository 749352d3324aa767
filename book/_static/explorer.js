// The explorers of a page: sliders that redraw their figure by lrlib's own Python, or that choose
// among runs which were recorded when the book was built.

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

  function written(slider) {
    if (slider.dataset.choices) return JSON.parse(slider.dataset.choices)[slider.value];
    const decimals = Number(slider.dataset.decimals);
    return Number(slider.value).toLocaleString("en", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    });
  }

  function write(slider) {
    const text = `${written(slider)} ${slider.dataset.unit}`.trim();
    slider.setAttribute("aria-valuetext", text);
    slider.nextElementSibling.textContent = text;
    slider.style.setProperty("--filled", (slider.value - slider.min) / (slider.max - slider.min));
  }

  function redraw() {
    pending = undefined;
    const now = values();
    const lines = draw(now);
    panels.forEach((panel, i) => {
      const [path, end, text, area] = lines[i];
      panel.querySelector(".explorer-live").setAttribute("d", path);
      panel.querySelector(".explorer-dot").setAttribute("d", end);
      panel.querySelector(".explorer-value").textContent = text;
      panel.querySelector(".explorer-band.explorer-moves")?.setAttribute("d", area);
    });
    window.explorers[id] = { values: now, lines };
    clearTimeout(saying);
    saying = setTimeout(() => {
      const ends = panels.map(
        (panel, i) => `${panel.querySelector(".explorer-title").textContent} ${lines[i][2]}`,
      );
      said.textContent = `After ${spec.steps.toLocaleString("en")} updates: ${ends.join(", ")}.`;
    }, 600);
  }

  function recorded(now) {
    const at = sliders.reduce((sum, { max, name }) => sum * (Number(max) + 1) + now[name], 0);
    return spec.records[at];
  }

  async function update() {
    sliders.forEach(write);
    if (spec.records) draw = recorded;
    else {
      await startPython();
      draw ??= startExplorer(spec);
    }
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
if (figures.some((figure) => !("records" in JSON.parse(figure.dataset.spec)))) {
  for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, startPython, { once: true, passive: true });
  }
}
