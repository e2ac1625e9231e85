/** Certificates: whom the visit is about is one Enter away; without anybody one begins by looking for somebody. */

import { toast } from "/look/page.js";
import "/look/hits.js";

const page = document.querySelector(".certificates");

if (!document.querySelector("#view [autofocus]")) {
  (document.querySelector("#hits a") ?? (document.querySelector("#view .empty") && document.getElementById("q")))?.focus();
}
document.addEventListener("htmx:sendError", () => toast(page.dataset.lost, "bad"));
