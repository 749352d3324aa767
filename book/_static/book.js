// Boxes that may scroll sideways are stops of the keyboard in the HTML; one that fits need not be.
// A box in a fold has no size, and is heard of when it gets one.
const fit = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});
for (const box of document.querySelectorAll(
  "main :is(pre, .math-display, .figure-box, .pst-scrollable-table-container)",
)) {
  fit.observe(box);
}

// Answers come open, for print and for readers without scripts. Here they are folded, but for one
// that the address leads into.
const answers = [...document.querySelectorAll("details.answer")];
for (const answer of answers) {
  answer.open = false;
  answer.dataset.folded = "";
}

function unfoldAddressed() {
  const place = document.getElementById(location.hash.slice(1));
  const answer = place?.closest("details.answer:not([open])");
  if (!answer) return;
  answer.open = true;
  place.scrollIntoView();
}
unfoldAddressed();
addEventListener("hashchange", unfoldAddressed);

// Paper is white: a page is printed in the light scheme, with its answers open.
const schemeOf = document.documentElement.dataset;
let unfoldedForPrint = [];
let themeOnScreen;
addEventListener("beforeprint", () => {
  themeOnScreen = schemeOf.theme;
  schemeOf.theme = "light";
  unfoldedForPrint = answers.filter((answer) => !answer.open);
  for (const answer of unfoldedForPrint) answer.open = true;
});
addEventListener("afterprint", () => {
  for (const answer of unfoldedForPrint) answer.open = false;
  schemeOf.theme = themeOnScreen;
});

// Folded code is plain until it is opened; ``data-spans`` says which letters have which colour.
function colour(pre) {
  const letters = [...pre.textContent];
  const pieces = pre.dataset.spans.split(" ").map((piece) => {
    const [, length, kind] = piece.match(/^(\d+)(.*)$/);
    const text = letters.splice(0, length).join("");
    if (!kind) return text;
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = text;
    return span;
  });
  pre.replaceChildren(...pieces);
  delete pre.dataset.spans;
}
for (const details of document.querySelectorAll("details.hide")) {
  details.addEventListener("toggle", () => {
    details.querySelectorAll("pre[data-spans]").forEach(colour);
  });
}

// A page opened from a folder may not read other files, so its search shows titles only.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What a question answers is read out.
for (const feedback of document.querySelectorAll(".Feedback")) feedback.role = "status";
