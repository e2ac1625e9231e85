/** Certificates: whoever comes from nowhere in particular begins by looking for somebody. */

import { toast } from "/look/page.js";
import "/look/hits.js";

const page = document.querySelector(".certificates");

if (!document.querySelector("#view [autofocus]") && document.querySelector("#view .empty")) {
  document.getElementById("q").focus();
}
document.addEventListener("htmx:sendError", () => toast(page.dataset.lost, "bad"));
