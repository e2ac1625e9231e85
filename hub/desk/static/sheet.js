/** A page that is paper: one button prints it. */

document.getElementById("print").addEventListener("click", () => print());
