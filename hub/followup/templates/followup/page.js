// The news without the page's going away: focus and place stay, and a lost Wi-Fi is said instead of shown as an error.
// Without scripts the page asks for itself again (the refresh in its head).
(() => {
  const body = document.body;
  const parts = ["header", "main", "footer"];
  const later = () => body.dataset.again && setTimeout(look, body.dataset.again * 1000);
  async function look() {
    try {
      const answer = await fetch(body.dataset.here, { cache: "no-store", signal: AbortSignal.timeout(8000) });
      const news = new DOMParser().parseFromString(await answer.text(), "text/html");
      const held = document.activeElement?.getAttribute("href");
      if (news.body.className === "called" && body.className !== "called") navigator.vibrate?.([400, 150, 400]);
      for (const part of parts) document.querySelector(part).replaceWith(news.querySelector(part));
      body.className = news.body.className;
      body.dataset.again = news.body.dataset.again;
      document.title = news.title;
      if (held) [...document.links].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
    } catch {
      body.classList.add("lost");
    }
    later();
  }
  later();
})();
