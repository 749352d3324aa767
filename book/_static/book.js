// Boxes that may scroll sideways are stops of the keyboard in the HTML; one that fits need not be.
const boxes = document.querySelectorAll(
  "main :is(pre, .math-display, .pst-scrollable-table-container)",
);
new ResizeObserver(() => {
  for (const box of boxes) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}).observe(document.querySelector("main"));

// A page opened from a folder may not read other files, so its search shows titles only.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What a question answers is read out.
for (const feedback of document.querySelectorAll(".Feedback")) feedback.role = "status";
