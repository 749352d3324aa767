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
  const handles = [...figure.querySelectorAll(".explorer-handle")];
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
      const heads = panel.querySelectorAll(".explorer-value");
      lines[i].forEach(([path, dot, text, area], k) => {
        heads[k].textContent = text;
        for (const [kind, d] of [["live", path], ["dot", dot], ["band", area]]) {
          panel.querySelector(`.explorer-${kind}[data-line="${k}"]`)?.setAttribute("d", d);
        }
      });
    });
    handles.forEach(place);
    window.explorers[id] = { values: now, lines };
    clearTimeout(saying);
    saying = setTimeout(() => (said.textContent = panels.map(spoken).join(" ")), 600);
  }

  // What a panel shows, in a sentence for those who do not see it.
  function spoken(panel) {
    const text = (selector) => [...panel.querySelectorAll(selector)].map((each) => each.textContent);
    const head = text(".explorer-title, .explorer-when").join(" ");
    return `${head}: ${text(".explorer-end:has(.explorer-value)").join(", ")}.`;
  }

  // A handle in a plot is a slider that is dragged where its value lies.
  function place(handle) {
    const { low, high } = handle.parentElement.dataset;
    const slider = form.elements[handle.dataset.slider];
    handle.style.left = `${(100 * (slider.value - low)) / (high - low)}%`;
  }

  function drag(event) {
    const plot = event.target.parentElement;
    const { left, width } = plot.getBoundingClientRect();
    const { low, high } = plot.dataset;
    const slider = form.elements[event.target.dataset.slider];
    slider.value = Number(low) + ((event.clientX - left) / width) * (high - low);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function recorded(now) {
    const at = sliders.reduce((sum, { max, name }) => sum * (Number(max) + 1) + now[name], 0);
    return spec.records[at];
  }

  async function update() {
    sliders.forEach(write);
    if (spec.records) draw = recorded;
    else {
      try {
        await startPython();
      } catch (error) {
        said.textContent = `The curves cannot follow: ${error.message}. Load the page again.`;
        figure.classList.add("explorer-failed");
        return;
      }
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

  for (const handle of handles) {
    handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) drag(event);
    });
    handle.addEventListener("lostpointercapture", remember);
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
