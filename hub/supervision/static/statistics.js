/** The one thing of the statistics that needs a script: paper. */

const print = document.querySelector("#print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
